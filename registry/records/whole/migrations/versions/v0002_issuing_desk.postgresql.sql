-- From version 0001 of the tables to 0002. Statements stand apart by a blank line.

DROP TRIGGER certificate_is_not_changed ON issued_certificate

DROP TRIGGER certificate_is_not_removed ON issued_certificate

DROP TRIGGER certificate_is_not_removed_at_once ON issued_certificate

DROP TRIGGER event_is_not_changed ON certificate_event

DROP TRIGGER event_is_not_removed ON certificate_event

DROP TRIGGER event_is_not_removed_at_once ON certificate_event

DROP TRIGGER slot_is_not_given_back ON status_slot

DROP TRIGGER slot_is_not_given_back_at_once ON status_slot

CREATE TABLE older_answer AS
SELECT b.id AS batch_id, b.occasion_id AS occasion_id, (r->>'row')::int AS row,
    CASE WHEN (r->>'already')::boolean THEN 'already' ELSE r->>'outcome' END AS outcome,
    r->>'number' AS number, r->>'level' AS level, r->>'attained' AS attained, r->>'asked' AS asked,
    json_build_object('row', (r->>'row')::int, 'name', r->>'name') AS read,
    (SELECT coalesce(json_agg(u->>'id'), '[]') FROM json_array_elements(r->'unmet') u) AS unmet,
    (SELECT coalesce(json_agg(json_build_object('code', f->>'code', 'column', f->>'column', 'value', f->>'value')), '[]') FROM json_array_elements(r->'faults') f) AS faults
FROM batch b, json_array_elements(b.result->'rows') r

CREATE UNIQUE INDEX older_answer_row ON older_answer (batch_id, row)

CREATE TABLE account (
    id UUID NOT NULL,
    slug VARCHAR COLLATE "C" NOT NULL,
    name VARCHAR COLLATE "C" NOT NULL,
    name_key VARCHAR COLLATE "C" NOT NULL,
    birth_date DATE,
    email VARCHAR COLLATE "C",
    identity_index BYTEA,
    active_from TIMESTAMP WITH TIME ZONE NOT NULL,
    active_until TIMESTAMP WITH TIME ZONE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (identity_index),
    CONSTRAINT account_ends_later CHECK (active_until IS NULL OR active_until >= active_from)
)

CREATE INDEX ix_account_birth_date ON account (birth_date)

CREATE INDEX ix_account_name_key ON account (name_key)

CREATE UNIQUE INDEX ix_account_slug ON account (slug)

CREATE TABLE index_key_mark (
    id SERIAL NOT NULL,
    mark BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id)
)

CREATE TABLE remembered_answer (
    id UUID NOT NULL,
    scope VARCHAR COLLATE "C" NOT NULL,
    key VARCHAR COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL,
    status INTEGER NOT NULL,
    headers JSON NOT NULL,
    body BYTEA NOT NULL,
    sealed BOOLEAN NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT answered_once UNIQUE (scope, key)
)

CREATE INDEX ix_remembered_answer_at ON remembered_answer (at)

CREATE TABLE access_line (
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    account VARCHAR COLLATE "C" NOT NULL,
    key VARCHAR COLLATE "C",
    action VARCHAR COLLATE "C" NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    subject VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account) REFERENCES account (slug)
)

CREATE INDEX access_line_by_subject ON access_line (kind, subject)

CREATE INDEX ix_access_line_account ON access_line (account)

CREATE TABLE account_event (
    id UUID NOT NULL,
    account VARCHAR COLLATE "C" NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account) REFERENCES account (slug)
)

CREATE INDEX ix_account_event_account ON account_event (account)

CREATE TABLE api_key (
    id UUID NOT NULL,
    prefix VARCHAR COLLATE "C" NOT NULL,
    secret_hash BYTEA NOT NULL,
    account VARCHAR COLLATE "C" NOT NULL,
    organisation VARCHAR COLLATE "C",
    roles JSON NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by VARCHAR COLLATE "C" NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_on DATE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revoked_by VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(account) REFERENCES account (slug),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    CONSTRAINT api_key_expires_later CHECK (expires_at > created_at)
)

CREATE INDEX ix_api_key_account ON api_key (account)

CREATE UNIQUE INDEX ix_api_key_prefix ON api_key (prefix)

CREATE TABLE approval (
    id UUID NOT NULL,
    public_id VARCHAR COLLATE "C" NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    subject VARCHAR COLLATE "C" NOT NULL,
    organisation VARCHAR COLLATE "C",
    content_json TEXT COLLATE "C" NOT NULL,
    digest VARCHAR COLLATE "C" NOT NULL,
    state VARCHAR COLLATE "C" NOT NULL,
    pending VARCHAR COLLATE "C",
    requested_by VARCHAR COLLATE "C" NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    requested_key VARCHAR COLLATE "C",
    decided_by VARCHAR COLLATE "C",
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_key VARCHAR COLLATE "C",
    reason VARCHAR COLLATE "C",
    withdrawn_by VARCHAR COLLATE "C",
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (pending),
    FOREIGN KEY(decided_by) REFERENCES account (slug),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    FOREIGN KEY(requested_by) REFERENCES account (slug),
    CONSTRAINT approval_decided_by_somebody CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT approval_state_follows_decision CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL)),
    CONSTRAINT approval_takes_two CHECK (decided_by IS NULL OR decided_by <> requested_by)
)

CREATE INDEX ix_approval_digest ON approval (digest)

CREATE INDEX ix_approval_organisation ON approval (organisation)

CREATE UNIQUE INDEX ix_approval_public_id ON approval (public_id)

CREATE INDEX ix_approval_requested_by ON approval (requested_by)

CREATE INDEX ix_approval_subject ON approval (subject)

CREATE TABLE former_name (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    name VARCHAR COLLATE "C" NOT NULL,
    name_key VARCHAR COLLATE "C" NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE INDEX ix_former_name_name_key ON former_name (name_key)

CREATE INDEX ix_former_name_person_id ON former_name (person_id)

CREATE TABLE membership (
    id UUID NOT NULL,
    account VARCHAR COLLATE "C" NOT NULL,
    organisation VARCHAR COLLATE "C",
    role VARCHAR COLLATE "C" NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    ended_by VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(account) REFERENCES account (slug),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    CONSTRAINT membership_ends_later CHECK (until IS NULL OR until >= since)
)

CREATE INDEX ix_membership_account ON membership (account)

CREATE INDEX ix_membership_organisation ON membership (organisation)

CREATE TABLE person_event (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    about JSON NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR COLLATE "C" NOT NULL,
    reason VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE INDEX ix_person_event_person_id ON person_event (person_id)

CREATE TABLE person_identifier (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    country VARCHAR COLLATE "C" NOT NULL,
    blind_index BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    quality VARCHAR COLLATE "C",
    since DATE,
    replaced_by UUID,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by VARCHAR COLLATE "C",
    ended_because VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE UNIQUE INDEX identifier_is_one_persons ON person_identifier (blind_index) WHERE ended_at IS NULL

CREATE INDEX ix_person_identifier_person_id ON person_identifier (person_id)

ALTER TABLE person_identifier ADD CONSTRAINT person_identifier_replaced_by_fkey FOREIGN KEY(replaced_by) REFERENCES person_identifier (id)

CREATE TABLE person_key (
    person_id UUID NOT NULL,
    wrapped BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (person_id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE TABLE person_organisation (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    organisation VARCHAR COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT person_is_known_once UNIQUE (person_id, organisation)
)

CREATE INDEX ix_person_organisation_organisation ON person_organisation (organisation)

CREATE INDEX ix_person_organisation_person_id ON person_organisation (person_id)

CREATE TABLE person_portrait (
    person_id UUID NOT NULL,
    sealed BYTEA NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (person_id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE TABLE suspected_pair (
    id UUID NOT NULL,
    a UUID NOT NULL,
    b UUID NOT NULL,
    reasons JSON NOT NULL,
    score INTEGER NOT NULL,
    state VARCHAR COLLATE "C" NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    found_by VARCHAR COLLATE "C" NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_by VARCHAR COLLATE "C",
    decided_because VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(a) REFERENCES person (id),
    FOREIGN KEY(b) REFERENCES person (id),
    CONSTRAINT pair_is_of_two CHECK (a <> b),
    CONSTRAINT pair_is_queued_once UNIQUE (a, b),
    CONSTRAINT pair_state_follows_decision CHECK ((state = 'open') = (decided_at IS NULL))
)

CREATE INDEX ix_suspected_pair_b ON suspected_pair (b)

CREATE INDEX ix_suspected_pair_state ON suspected_pair (state)

CREATE TABLE scheme_draft (
    id UUID NOT NULL,
    code VARCHAR COLLATE "C" NOT NULL,
    version VARCHAR COLLATE "C" NOT NULL,
    owner VARCHAR COLLATE "C" NOT NULL,
    document JSON NOT NULL,
    digest VARCHAR COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code, version),
    FOREIGN KEY(code) REFERENCES scheme (code),
    FOREIGN KEY(owner) REFERENCES organisation (slug)
)

CREATE INDEX ix_scheme_draft_code ON scheme_draft (code)

CREATE INDEX ix_scheme_draft_owner ON scheme_draft (owner)

CREATE TABLE scheme_event (
    id UUID NOT NULL,
    code VARCHAR COLLATE "C" NOT NULL,
    version VARCHAR COLLATE "C" NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    from_day DATE,
    reason VARCHAR COLLATE "C",
    actor VARCHAR COLLATE "C" NOT NULL,
    digest VARCHAR COLLATE "C",
    content JSON,
    PRIMARY KEY (id),
    UNIQUE (code, version, place),
    FOREIGN KEY(code) REFERENCES scheme (code)
)

CREATE INDEX ix_scheme_event_code ON scheme_event (code)

CREATE TABLE scheme_extension (
    id UUID NOT NULL,
    public_id VARCHAR COLLATE "C" NOT NULL,
    scheme VARCHAR COLLATE "C" NOT NULL,
    versions JSON,
    ends_from DATE NOT NULL,
    ends_until DATE NOT NULL,
    months INTEGER,
    until DATE,
    decided_on DATE NOT NULL,
    decision VARCHAR COLLATE "C" NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(scheme) REFERENCES scheme (code),
    CONSTRAINT extension_by_months_or_to_a_day CHECK ((months IS NULL) <> (until IS NULL)),
    CONSTRAINT extension_days_in_order CHECK (ends_until >= ends_from)
)

CREATE UNIQUE INDEX ix_scheme_extension_public_id ON scheme_extension (public_id)

CREATE INDEX ix_scheme_extension_scheme ON scheme_extension (scheme)

CREATE TABLE mandate_event (
    id UUID NOT NULL,
    mandate_id UUID NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    from_day DATE NOT NULL,
    until_day DATE,
    reason VARCHAR COLLATE "C",
    actor VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (mandate_id, place),
    FOREIGN KEY(mandate_id) REFERENCES mandate (id)
)

CREATE INDEX ix_mandate_event_mandate_id ON mandate_event (mandate_id)

CREATE TABLE occasion_event (
    id UUID NOT NULL,
    occasion_id UUID NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR COLLATE "C" NOT NULL,
    reason VARCHAR COLLATE "C",
    changes JSON NOT NULL,
    lines INTEGER,
    replaced INTEGER,
    digest VARCHAR COLLATE "C" NOT NULL,
    issued_before JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (occasion_id, place),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE INDEX ix_occasion_event_occasion_id ON occasion_event (occasion_id)

CREATE TABLE attendance_entry (
    id UUID NOT NULL,
    event_id UUID NOT NULL,
    occasion_id UUID NOT NULL,
    place INTEGER NOT NULL,
    session VARCHAR COLLATE "C" NOT NULL,
    name VARCHAR COLLATE "C" NOT NULL,
    name_key VARCHAR COLLATE "C" NOT NULL,
    birth_date DATE,
    minutes INTEGER NOT NULL,
    came TIME WITHOUT TIME ZONE,
    "left" TIME WITHOUT TIME ZONE,
    method VARCHAR COLLATE "C",
    native_level VARCHAR COLLATE "C",
    number_quality VARCHAR COLLATE "C",
    checker VARCHAR COLLATE "C",
    carried_over BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (event_id, session, name_key, birth_date),
    FOREIGN KEY(event_id) REFERENCES occasion_event (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE INDEX attendance_by_name ON attendance_entry (name_key)

CREATE INDEX attendance_by_occasion_and_name ON attendance_entry (occasion_id, name_key)

CREATE TABLE batch_event (
    id UUID NOT NULL,
    batch_id UUID NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR COLLATE "C" NOT NULL,
    reason VARCHAR COLLATE "C",
    note VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (batch_id, place),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    CONSTRAINT event_is_known CHECK (kind IN ('received', 'checked', 'waiting', 'issuing', 'done', 'held', 'cancelled', 'failed'))
)

CREATE INDEX ix_batch_event_batch_id ON batch_event (batch_id)

CREATE TABLE batch_evidence (
    batch_id UUID NOT NULL,
    digest VARCHAR COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (batch_id, digest),
    FOREIGN KEY(batch_id) REFERENCES batch (id)
)

CREATE TABLE exam_result (
    id UUID NOT NULL,
    event_id UUID NOT NULL,
    occasion_id UUID NOT NULL,
    place INTEGER NOT NULL,
    name VARCHAR COLLATE "C" NOT NULL,
    name_key VARCHAR COLLATE "C" NOT NULL,
    birth_date DATE,
    part VARCHAR COLLATE "C" NOT NULL,
    scope_class VARCHAR COLLATE "C",
    attempt INTEGER NOT NULL,
    passed BOOLEAN NOT NULL,
    sat_on DATE NOT NULL,
    outcome VARCHAR COLLATE "C",
    pass_rule VARCHAR COLLATE "C",
    examiner VARCHAR COLLATE "C",
    supervision VARCHAR COLLATE "C",
    face VARCHAR COLLATE "C",
    method VARCHAR COLLATE "C",
    native_level VARCHAR COLLATE "C",
    number_quality VARCHAR COLLATE "C",
    checker VARCHAR COLLATE "C",
    carried_over BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (event_id, name_key, birth_date, part, scope_class, attempt),
    FOREIGN KEY(event_id) REFERENCES occasion_event (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE INDEX result_by_name_and_birth_date ON exam_result (name_key, birth_date)

CREATE INDEX result_by_occasion_and_name ON exam_result (occasion_id, name_key)

CREATE TABLE certificate_correction (
    id UUID NOT NULL,
    number VARCHAR COLLATE "C" NOT NULL,
    corrects VARCHAR COLLATE "C" NOT NULL,
    read JSON NOT NULL,
    asked JSON NOT NULL,
    changes JSON NOT NULL,
    note VARCHAR COLLATE "C" NOT NULL,
    approval VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (corrects),
    UNIQUE (number),
    FOREIGN KEY(approval) REFERENCES approval (public_id),
    FOREIGN KEY(corrects) REFERENCES issued_certificate (number),
    FOREIGN KEY(number) REFERENCES issued_certificate (number)
)

CREATE TABLE holder_notice (
    id UUID NOT NULL,
    event_id UUID NOT NULL,
    certificate_id UUID NOT NULL,
    person_id UUID NOT NULL,
    template VARCHAR COLLATE "C" NOT NULL,
    language VARCHAR COLLATE "C" NOT NULL,
    parameters JSON NOT NULL,
    channel VARCHAR COLLATE "C",
    state VARCHAR COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    handover UUID,
    handed_at TIMESTAMP WITH TIME ZONE,
    handed_by VARCHAR COLLATE "C",
    why VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (event_id),
    FOREIGN KEY(certificate_id) REFERENCES issued_certificate (id),
    FOREIGN KEY(event_id) REFERENCES certificate_event (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT notice_handed_with_others CHECK ((state IN ('handed', 'failed')) = (handover IS NOT NULL)),
    CONSTRAINT notice_state_is_known CHECK (state IN ('pending', 'handed', 'failed', 'skipped')),
    CONSTRAINT notice_template_is_known CHECK (template IN ('issued', 'corrected', 'renewed', 'suspended', 'reinstated', 'revoked', 'annulled', 'superseded'))
)

CREATE INDEX ix_holder_notice_certificate_id ON holder_notice (certificate_id)

CREATE INDEX ix_holder_notice_handover ON holder_notice (handover)

CREATE INDEX ix_holder_notice_person_id ON holder_notice (person_id)

CREATE INDEX notice_by_state ON holder_notice (state, id)

ALTER TABLE batch ADD COLUMN public_id VARCHAR COLLATE "C"

CREATE UNIQUE INDEX ix_batch_public_id ON batch (public_id)

ALTER TABLE batch ADD COLUMN issuer VARCHAR COLLATE "C"

CREATE INDEX ix_batch_issuer ON batch (issuer)

ALTER TABLE batch ADD COLUMN headers JSON

ALTER TABLE batch ADD COLUMN asked VARCHAR COLLATE "C"

ALTER TABLE batch ADD COLUMN good_rows BOOLEAN

ALTER TABLE batch ADD COLUMN at_attained BOOLEAN

ALTER TABLE batch ADD COLUMN edition VARCHAR COLLATE "C"

ALTER TABLE batch ADD COLUMN ceiling VARCHAR COLLATE "C"

ALTER TABLE batch ADD COLUMN four_eyes BOOLEAN

ALTER TABLE batch ADD COLUMN content VARCHAR COLLATE "C"

ALTER TABLE batch ADD COLUMN state VARCHAR COLLATE "C"

CREATE INDEX ix_batch_state ON batch (state)

ALTER TABLE batch ADD COLUMN reason VARCHAR COLLATE "C"

ALTER TABLE batch ADD COLUMN detail TEXT COLLATE "C"

ALTER TABLE batch ADD COLUMN rows INTEGER

ALTER TABLE batch ADD COLUMN pending INTEGER

ALTER TABLE batch ADD COLUMN issued INTEGER

ALTER TABLE batch ADD COLUMN already INTEGER

ALTER TABLE batch ADD COLUMN refused INTEGER

ALTER TABLE batch ADD COLUMN faults INTEGER

ALTER TABLE batch ADD COLUMN changes INTEGER

ALTER TABLE batch ADD COLUMN changed_at TIMESTAMP WITH TIME ZONE

UPDATE batch SET
    public_id = id::text,
    issuer = (SELECT issuer FROM occasion WHERE occasion.id = batch.occasion_id),
    asked = nullif(split_part(wish, ' ', 1), 'target'),
    at_attained = wish LIKE '% True %',
    good_rows = wish LIKE '% True',
    edition = '2026-01-01',
    ceiling = (SELECT max_level FROM scheme_version v JOIN occasion o ON v.code = o.scheme AND v.version = o.scheme_version WHERE o.id = batch.occasion_id),
    headers = '{}',
    four_eyes = false,
    state = 'done',
    rows = (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id),
    pending = 0,
    issued = (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id AND a.outcome = 'issued'),
    already = (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id AND a.outcome = 'already'),
    refused = (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id AND a.outcome = 'refused'),
    faults = (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id AND a.outcome = 'fault'),
    changes = 1,
    changed_at = created_at

ALTER TABLE batch ALTER COLUMN public_id SET NOT NULL

ALTER TABLE batch ALTER COLUMN issuer SET NOT NULL

ALTER TABLE batch ALTER COLUMN headers SET NOT NULL

ALTER TABLE batch ALTER COLUMN good_rows SET NOT NULL

ALTER TABLE batch ALTER COLUMN at_attained SET NOT NULL

ALTER TABLE batch ALTER COLUMN edition SET NOT NULL

ALTER TABLE batch ALTER COLUMN ceiling SET NOT NULL

ALTER TABLE batch ALTER COLUMN four_eyes SET NOT NULL

ALTER TABLE batch ALTER COLUMN state SET NOT NULL

ALTER TABLE batch ALTER COLUMN rows SET NOT NULL

ALTER TABLE batch ALTER COLUMN pending SET NOT NULL

ALTER TABLE batch ALTER COLUMN issued SET NOT NULL

ALTER TABLE batch ALTER COLUMN already SET NOT NULL

ALTER TABLE batch ALTER COLUMN refused SET NOT NULL

ALTER TABLE batch ALTER COLUMN faults SET NOT NULL

ALTER TABLE batch ALTER COLUMN changes SET NOT NULL

ALTER TABLE batch ALTER COLUMN changed_at SET NOT NULL

CREATE INDEX ix_batch_occasion_id ON batch (occasion_id)

CREATE UNIQUE INDEX one_batch_per_list ON batch (occasion_id, digest, wish) WHERE state NOT IN ('done', 'cancelled')

ALTER TABLE batch ADD FOREIGN KEY(issuer) REFERENCES organisation (slug)

ALTER TABLE batch DROP COLUMN result

ALTER TABLE batch_row ADD COLUMN read JSON

ALTER TABLE batch_row ADD COLUMN level VARCHAR COLLATE "C"

ALTER TABLE batch_row ADD COLUMN attained VARCHAR COLLATE "C"

ALTER TABLE batch_row ADD COLUMN asked VARCHAR COLLATE "C"

ALTER TABLE batch_row ADD COLUMN evidence VARCHAR COLLATE "C"

ALTER TABLE batch_row ADD COLUMN unmet JSON

ALTER TABLE batch_row ADD COLUMN faults JSON

ALTER TABLE batch_row ADD COLUMN number VARCHAR COLLATE "C"

CREATE INDEX ix_batch_row_number ON batch_row (number)

UPDATE batch_row SET
    outcome = (SELECT a.outcome FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row),
    read = (SELECT a.read FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row),
    number = (SELECT a.number FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row),
    level = (SELECT a.level FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row),
    attained = (SELECT a.attained FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row),
    asked = (SELECT a.asked FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row),
    unmet = (SELECT a.unmet FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row),
    faults = (SELECT a.faults FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row)

ALTER TABLE batch_row ALTER COLUMN unmet SET NOT NULL

ALTER TABLE batch_row ALTER COLUMN faults SET NOT NULL

ALTER TABLE batch_row ALTER COLUMN person_id DROP NOT NULL

ALTER TABLE batch_row ADD UNIQUE (batch_id, row)

ALTER TABLE batch_row ADD FOREIGN KEY(number) REFERENCES issued_certificate (number)

ALTER TABLE certificate_event ADD COLUMN organisation VARCHAR COLLATE "C"

ALTER TABLE certificate_event ADD COLUMN approval VARCHAR COLLATE "C"

ALTER TABLE certificate_event ADD FOREIGN KEY(approval) REFERENCES approval (public_id)

ALTER TABLE certificate_event ADD FOREIGN KEY(organisation) REFERENCES organisation (slug)

ALTER TABLE issued_certificate ADD COLUMN corrects VARCHAR COLLATE "C"

ALTER TABLE issued_certificate ADD UNIQUE (corrects)

ALTER TABLE issued_certificate ADD COLUMN renews VARCHAR COLLATE "C"

CREATE INDEX ix_issued_certificate_renews ON issued_certificate (renews)

DROP INDEX ix_issued_certificate_issuer

DROP INDEX ix_issued_certificate_scheme

DROP INDEX ix_issued_certificate_state

CREATE INDEX certificate_by_issuer ON issued_certificate (issuer, id)

CREATE INDEX certificate_by_scheme ON issued_certificate (scheme, id)

CREATE INDEX certificate_by_state ON issued_certificate (state, id)

CREATE INDEX certificate_of_person ON issued_certificate (person_id, scheme)

ALTER TABLE issued_certificate ADD CONSTRAINT issued_certificate_corrects_fkey FOREIGN KEY(corrects) REFERENCES issued_certificate (number)

ALTER TABLE issued_certificate ADD CONSTRAINT issued_certificate_renews_fkey FOREIGN KEY(renews) REFERENCES issued_certificate (number)

ALTER TABLE occasion ADD COLUMN cancelled BOOLEAN

UPDATE occasion SET
    cancelled = false

ALTER TABLE occasion ALTER COLUMN cancelled SET NOT NULL

ALTER TABLE person ADD COLUMN post VARCHAR COLLATE "C"

ALTER TABLE person ADD COLUMN via VARCHAR COLLATE "C"

ALTER TABLE person ADD COLUMN merged_into UUID

CREATE INDEX ix_person_merged_into ON person (merged_into)

CREATE INDEX person_by_birth_date ON person (birth_date)

ALTER TABLE person ADD CONSTRAINT person_merged_into_fkey FOREIGN KEY(merged_into) REFERENCES person (id)

ALTER TABLE scheme_version ADD COLUMN retired_from DATE

ALTER TABLE batch ADD CONSTRAINT batch_counts_every_row_once CHECK (rows >= 0 AND pending >= 0 AND issued >= 0 AND already >= 0 AND refused >= 0 AND faults >= 0 AND pending + issued + already + refused + faults = rows)

ALTER TABLE batch ADD CONSTRAINT batch_is_done_when_no_row_waits CHECK (state <> 'done' OR pending = 0)

ALTER TABLE batch ADD CONSTRAINT batch_state_is_known CHECK (state IN ('received', 'checked', 'waiting', 'issuing', 'done', 'held', 'cancelled', 'failed'))

ALTER TABLE batch_row ADD CONSTRAINT row_issued_has_a_number CHECK ((outcome IN ('issued', 'already')) = (number IS NOT NULL))

ALTER TABLE batch_row ADD CONSTRAINT row_outcome_is_known CHECK (outcome IN ('pending', 'issued', 'already', 'refused', 'fault'))

ALTER TABLE batch_row ADD CONSTRAINT row_pending_is_decided CHECK (outcome <> 'pending' OR (level IS NOT NULL AND evidence IS NOT NULL))

INSERT INTO batch_row (id, batch_id, occasion_id, row, read, outcome, attained, asked, unmet, faults)
SELECT gen_random_uuid(), a.batch_id, a.occasion_id, a.row, a.read, a.outcome, a.attained, a.asked, a.unmet, a.faults
FROM older_answer a WHERE NOT EXISTS (SELECT 1 FROM batch_row b WHERE b.batch_id = a.batch_id AND b.row = a.row)

DROP TABLE older_answer

INSERT INTO batch_event (id, batch_id, place, kind, at, actor)
SELECT gen_random_uuid(), id, 1, 'done', created_at, created_by FROM batch

INSERT INTO scheme_event (id, code, version, place, kind, at, from_day, actor)
SELECT gen_random_uuid(), code, version, 1, 'published', recorded_at, published_on, recorded_by FROM scheme_version

INSERT INTO mandate_event (id, mandate_id, place, kind, at, from_day, until_day, reason, actor)
SELECT gen_random_uuid(), id, 1, 'granted', recorded_at, since, until, reason, recorded_by FROM mandate

INSERT INTO mandate_event (id, mandate_id, place, kind, at, from_day, until_day, reason, actor)
SELECT gen_random_uuid(), id, 2, 'suspended', recorded_at, suspended_from, suspended_until, reason, recorded_by FROM mandate WHERE suspended_from IS NOT NULL

INSERT INTO mandate_event (id, mandate_id, place, kind, at, from_day, reason, actor)
SELECT gen_random_uuid(), id, CASE WHEN suspended_from IS NULL THEN 2 ELSE 3 END, 'withdrawn', recorded_at, withdrawn_from, reason, recorded_by FROM mandate WHERE withdrawn_from IS NOT NULL

CREATE OR REPLACE FUNCTION stay_as_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$

CREATE TRIGGER sheet_line_is_not_changed BEFORE UPDATE ON attendance_entry FOR EACH ROW EXECUTE FUNCTION stay_as_written('a line of a sign-in sheet is never changed')

CREATE TRIGGER batch_event_is_not_changed BEFORE UPDATE ON batch_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never changed')

CREATE TRIGGER batch_event_is_not_removed BEFORE DELETE ON batch_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER batch_event_is_not_removed_at_once BEFORE TRUNCATE ON batch_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER batch_evidence_is_not_changed BEFORE UPDATE ON batch_evidence FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a decision rests on is never changed')

CREATE TRIGGER batch_evidence_is_not_removed BEFORE DELETE ON batch_evidence FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a decision rests on is never removed')

CREATE TRIGGER batch_evidence_is_not_removed_at_once BEFORE TRUNCATE ON batch_evidence FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('what a decision rests on is never removed')

CREATE TRIGGER batch_is_not_removed BEFORE DELETE ON batch FOR EACH ROW EXECUTE FUNCTION stay_as_written('a batch is never removed')

CREATE TRIGGER batch_is_not_removed_at_once BEFORE TRUNCATE ON batch FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a batch is never removed')

CREATE TRIGGER batch_row_is_not_removed BEFORE DELETE ON batch_row FOR EACH ROW EXECUTE FUNCTION stay_as_written('a row of a batch is never removed')

CREATE TRIGGER batch_row_is_not_removed_at_once BEFORE TRUNCATE ON batch_row FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a row of a batch is never removed')

CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON certificate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never changed')

CREATE TRIGGER event_is_not_removed BEFORE DELETE ON certificate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER event_is_not_removed_at_once BEFORE TRUNCATE ON certificate_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER certificate_is_not_changed BEFORE UPDATE OF id, number, person_id, occasion_id, batch_id, scheme, scheme_version, level, edition, issuer, kid, holder_name, vc_jwt, facts, evidence, assessment, status_list, status_index, issued_at, valid_from, valid_until, time_zone, corrects, renews ON issued_certificate FOR EACH ROW EXECUTE FUNCTION stay_as_written('an issued certificate is never changed')

CREATE TRIGGER certificate_is_not_removed BEFORE DELETE ON issued_certificate FOR EACH ROW EXECUTE FUNCTION stay_as_written('an issued certificate is never removed')

CREATE TRIGGER certificate_is_not_removed_at_once BEFORE TRUNCATE ON issued_certificate FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an issued certificate is never removed')

CREATE TRIGGER slot_is_not_given_back BEFORE DELETE ON status_slot FOR EACH ROW EXECUTE FUNCTION stay_as_written('a place in a status list is never given back')

CREATE TRIGGER slot_is_not_given_back_at_once BEFORE TRUNCATE ON status_slot FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a place in a status list is never given back')

CREATE TRIGGER correction_is_not_changed BEFORE UPDATE ON certificate_correction FOR EACH ROW EXECUTE FUNCTION stay_as_written('corrections are never changed')

CREATE TRIGGER correction_is_not_removed BEFORE DELETE ON certificate_correction FOR EACH ROW EXECUTE FUNCTION stay_as_written('corrections are never removed')

CREATE TRIGGER correction_is_not_removed_at_once BEFORE TRUNCATE ON certificate_correction FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('corrections are never removed')

CREATE TRIGGER result_is_not_changed BEFORE UPDATE ON exam_result FOR EACH ROW EXECUTE FUNCTION stay_as_written('an exam result is never changed')

CREATE TRIGGER scheme_extension_is_kept BEFORE UPDATE OF id, public_id, scheme, versions, ends_from, ends_until, months, until, decided_on, decision, recorded_at, recorded_by ON scheme_extension FOR EACH ROW EXECUTE FUNCTION stay_as_written('a decision is never changed; it is withdrawn, and another recorded')

CREATE TRIGGER scheme_extension_stays BEFORE DELETE ON scheme_extension FOR EACH ROW EXECUTE FUNCTION stay_as_written('a decision is never changed; it is withdrawn, and another recorded')

CREATE TRIGGER scheme_extension_stays_at_once BEFORE TRUNCATE ON scheme_extension FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a decision is never changed; it is withdrawn, and another recorded')

CREATE TRIGGER mandate_is_kept BEFORE UPDATE OF id, public_id, scheme, versions, owner, issuer, max_level, since, until, recorded_at, recorded_by ON mandate FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a mandate says is never changed; a decision about it is an event')

CREATE TRIGGER mandate_stays BEFORE DELETE ON mandate FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a mandate says is never changed; a decision about it is an event')

CREATE TRIGGER mandate_stays_at_once BEFORE TRUNCATE ON mandate FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('what a mandate says is never changed; a decision about it is an event')

CREATE TRIGGER mandate_event_is_kept BEFORE UPDATE ON mandate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never changed')

CREATE TRIGGER mandate_event_stays BEFORE DELETE ON mandate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER mandate_event_stays_at_once BEFORE TRUNCATE ON mandate_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER occasion_event_is_not_changed BEFORE UPDATE ON occasion_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('the history of an occasion is never changed')

CREATE TRIGGER occasion_event_is_not_removed BEFORE DELETE ON occasion_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('the history of an occasion is never removed')

CREATE TRIGGER occasion_event_is_not_removed_at_once BEFORE TRUNCATE ON occasion_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('the history of an occasion is never removed')

CREATE TRIGGER person_event_is_not_changed BEFORE UPDATE ON person_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never changed')

CREATE TRIGGER person_event_is_not_removed BEFORE DELETE ON person_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER person_event_is_not_removed_at_once BEFORE TRUNCATE ON person_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER former_name_is_not_changed BEFORE UPDATE ON former_name FOR EACH ROW EXECUTE FUNCTION stay_as_written('a former name is never changed')

CREATE TRIGGER person_is_not_removed BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION stay_as_written('a record of a person keeps its id for ever')

CREATE TRIGGER person_is_not_removed_at_once BEFORE TRUNCATE ON person FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a record of a person keeps its id for ever')

CREATE TRIGGER scheme_version_is_kept BEFORE UPDATE OF id, code, version, owner, max_level, target_level, published_on, document, recorded_at, recorded_by ON scheme_version FOR EACH ROW EXECUTE FUNCTION stay_as_written('a published version is never changed: certificates refer to it')

CREATE TRIGGER scheme_version_stays BEFORE DELETE ON scheme_version FOR EACH ROW EXECUTE FUNCTION stay_as_written('a published version is never changed: certificates refer to it')

CREATE TRIGGER scheme_version_stays_at_once BEFORE TRUNCATE ON scheme_version FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a published version is never changed: certificates refer to it')

CREATE TRIGGER scheme_event_is_kept BEFORE UPDATE ON scheme_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never changed')

CREATE TRIGGER scheme_event_stays BEFORE DELETE ON scheme_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER scheme_event_stays_at_once BEFORE TRUNCATE ON scheme_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an event is never removed')
