-- From version 0001 of the tables to 0002. Statements stand apart by a blank line.

DROP TRIGGER certificate_is_not_changed

DROP TRIGGER certificate_is_not_removed

DROP TRIGGER event_is_not_changed

DROP TRIGGER event_is_not_removed

DROP TRIGGER slot_is_not_given_back

CREATE TABLE older_answer AS
SELECT b.id AS batch_id, b.occasion_id AS occasion_id, json_extract(r.value, '$.row') AS row,
    CASE WHEN json_extract(r.value, '$.already') THEN 'already' ELSE json_extract(r.value, '$.outcome') END AS outcome,
    json_extract(r.value, '$.number') AS number, json_extract(r.value, '$.level') AS level,
    json_extract(r.value, '$.attained') AS attained, json_extract(r.value, '$.asked') AS asked,
    json_object('row', json_extract(r.value, '$.row'), 'name', json_extract(r.value, '$.name')) AS read,
    (SELECT json_group_array(json_extract(u.value, '$.id')) FROM json_each(r.value, '$.unmet') u) AS unmet,
    (SELECT json_group_array(json_object('code', json_extract(f.value, '$.code'), 'column', json_extract(f.value, '$.column'), 'value', json_extract(f.value, '$.value'))) FROM json_each(r.value, '$.faults') f) AS faults
FROM batch b, json_each(b.result, '$.rows') r

CREATE UNIQUE INDEX older_answer_row ON older_answer (batch_id, row)

CREATE TABLE account (
    id CHAR(32) NOT NULL,
    slug VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    name_key VARCHAR NOT NULL,
    birth_date DATE,
    email VARCHAR,
    identity_index BLOB,
    active_from DATETIME NOT NULL,
    active_until DATETIME,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (identity_index),
    CONSTRAINT account_ends_later CHECK (active_until IS NULL OR active_until >= active_from)
)

CREATE TABLE index_key_mark (
    id INTEGER NOT NULL,
    mark BLOB NOT NULL,
    made_at DATETIME NOT NULL,
    PRIMARY KEY (id)
)

CREATE TABLE new_person (
    id CHAR(32) NOT NULL,
    name VARCHAR NOT NULL,
    name_key VARCHAR NOT NULL,
    birth_date DATE,
    email VARCHAR,
    phone VARCHAR,
    post VARCHAR,
    via VARCHAR,
    merged_into CHAR(32),
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(merged_into) REFERENCES person (id)
)

INSERT INTO new_person (id, name, name_key, birth_date, email, phone, recorded_at, recorded_by)
SELECT id, name, name_key, birth_date, email, phone, recorded_at, recorded_by FROM person

DROP TABLE person

ALTER TABLE new_person RENAME TO person

CREATE TABLE remembered_answer (
    id CHAR(32) NOT NULL,
    scope VARCHAR NOT NULL,
    "key" VARCHAR NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers JSON NOT NULL,
    body BLOB NOT NULL,
    sealed BOOLEAN NOT NULL,
    at DATETIME NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT answered_once UNIQUE (scope, "key")
)

CREATE TABLE access_line (
    id CHAR(32) NOT NULL,
    at DATETIME NOT NULL,
    account VARCHAR NOT NULL,
    "key" VARCHAR,
    action VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account) REFERENCES account (slug)
)

CREATE TABLE account_event (
    id CHAR(32) NOT NULL,
    account VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    actor VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account) REFERENCES account (slug)
)

CREATE TABLE api_key (
    id CHAR(32) NOT NULL,
    prefix VARCHAR NOT NULL,
    secret_hash BLOB NOT NULL,
    account VARCHAR NOT NULL,
    organisation VARCHAR,
    roles JSON NOT NULL,
    created_at DATETIME NOT NULL,
    created_by VARCHAR NOT NULL,
    expires_at DATETIME NOT NULL,
    last_used_on DATE,
    revoked_at DATETIME,
    revoked_by VARCHAR,
    PRIMARY KEY (id),
    FOREIGN KEY(account) REFERENCES account (slug),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    CONSTRAINT api_key_expires_later CHECK (expires_at > created_at)
)

CREATE TABLE approval (
    id CHAR(32) NOT NULL,
    public_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    organisation VARCHAR,
    content_json TEXT NOT NULL,
    digest VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    pending VARCHAR,
    requested_by VARCHAR NOT NULL,
    requested_at DATETIME NOT NULL,
    requested_key VARCHAR,
    decided_by VARCHAR,
    decided_at DATETIME,
    decided_key VARCHAR,
    reason VARCHAR,
    withdrawn_by VARCHAR,
    withdrawn_at DATETIME,
    PRIMARY KEY (id),
    UNIQUE (pending),
    FOREIGN KEY(decided_by) REFERENCES account (slug),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    FOREIGN KEY(requested_by) REFERENCES account (slug),
    CONSTRAINT approval_decided_by_somebody CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT approval_state_follows_decision CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL)),
    CONSTRAINT approval_takes_two CHECK (decided_by IS NULL OR decided_by <> requested_by)
)

CREATE TABLE former_name (
    id CHAR(32) NOT NULL,
    person_id CHAR(32) NOT NULL,
    name VARCHAR NOT NULL,
    name_key VARCHAR NOT NULL,
    until DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE TABLE membership (
    id CHAR(32) NOT NULL,
    account VARCHAR NOT NULL,
    organisation VARCHAR,
    role VARCHAR NOT NULL,
    since DATETIME NOT NULL,
    until DATETIME,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    ended_by VARCHAR,
    PRIMARY KEY (id),
    FOREIGN KEY(account) REFERENCES account (slug),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    CONSTRAINT membership_ends_later CHECK (until IS NULL OR until >= since)
)

CREATE TABLE person_event (
    id CHAR(32) NOT NULL,
    person_id CHAR(32) NOT NULL,
    kind VARCHAR NOT NULL,
    about JSON NOT NULL,
    at DATETIME NOT NULL,
    actor VARCHAR NOT NULL,
    reason VARCHAR,
    PRIMARY KEY (id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE TABLE person_identifier (
    id CHAR(32) NOT NULL,
    person_id CHAR(32) NOT NULL,
    kind VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    blind_index BLOB NOT NULL,
    sealed BLOB NOT NULL,
    quality VARCHAR,
    since DATE,
    replaced_by CHAR(32),
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    ended_at DATETIME,
    ended_by VARCHAR,
    ended_because VARCHAR,
    PRIMARY KEY (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    FOREIGN KEY(replaced_by) REFERENCES person_identifier (id)
)

CREATE TABLE person_key (
    person_id CHAR(32) NOT NULL,
    wrapped BLOB NOT NULL,
    made_at DATETIME NOT NULL,
    PRIMARY KEY (person_id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE TABLE person_organisation (
    id CHAR(32) NOT NULL,
    person_id CHAR(32) NOT NULL,
    organisation VARCHAR NOT NULL,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT person_is_known_once UNIQUE (person_id, organisation)
)

CREATE TABLE person_portrait (
    person_id CHAR(32) NOT NULL,
    sealed BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (person_id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE TABLE suspected_pair (
    id CHAR(32) NOT NULL,
    a CHAR(32) NOT NULL,
    b CHAR(32) NOT NULL,
    reasons JSON NOT NULL,
    score INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    found_at DATETIME NOT NULL,
    found_by VARCHAR NOT NULL,
    decided_at DATETIME,
    decided_by VARCHAR,
    decided_because VARCHAR,
    PRIMARY KEY (id),
    FOREIGN KEY(a) REFERENCES person (id),
    FOREIGN KEY(b) REFERENCES person (id),
    CONSTRAINT pair_is_of_two CHECK (a <> b),
    CONSTRAINT pair_is_queued_once UNIQUE (a, b),
    CONSTRAINT pair_state_follows_decision CHECK ((state = 'open') = (decided_at IS NULL))
)

CREATE TABLE new_occasion (
    id CHAR(32) NOT NULL,
    public_id VARCHAR NOT NULL,
    scheme VARCHAR NOT NULL,
    scheme_version VARCHAR NOT NULL,
    issuer VARCHAR NOT NULL,
    decided_on DATE NOT NULL,
    document JSON NOT NULL,
    cancelled BOOLEAN NOT NULL,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(scheme) REFERENCES scheme (code)
)

INSERT INTO new_occasion (id, public_id, scheme, scheme_version, issuer, decided_on, document, cancelled, recorded_at, recorded_by)
SELECT id, public_id, scheme, scheme_version, issuer, decided_on, document, false, recorded_at, recorded_by FROM occasion

DROP TABLE occasion

ALTER TABLE new_occasion RENAME TO occasion

CREATE TABLE scheme_draft (
    id CHAR(32) NOT NULL,
    code VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    document JSON NOT NULL,
    digest VARCHAR NOT NULL,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code, version),
    FOREIGN KEY(code) REFERENCES scheme (code),
    FOREIGN KEY(owner) REFERENCES organisation (slug)
)

CREATE TABLE scheme_event (
    id CHAR(32) NOT NULL,
    code VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    from_day DATE,
    reason VARCHAR,
    actor VARCHAR NOT NULL,
    digest VARCHAR,
    content JSON,
    PRIMARY KEY (id),
    UNIQUE (code, version, place),
    FOREIGN KEY(code) REFERENCES scheme (code)
)

CREATE TABLE scheme_extension (
    id CHAR(32) NOT NULL,
    public_id VARCHAR NOT NULL,
    scheme VARCHAR NOT NULL,
    versions JSON,
    ends_from DATE NOT NULL,
    ends_until DATE NOT NULL,
    months INTEGER,
    until DATE,
    decided_on DATE NOT NULL,
    decision VARCHAR NOT NULL,
    withdrawn_at DATETIME,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(scheme) REFERENCES scheme (code),
    CONSTRAINT extension_by_months_or_to_a_day CHECK ((months IS NULL) <> (until IS NULL)),
    CONSTRAINT extension_days_in_order CHECK (ends_until >= ends_from)
)

CREATE TABLE new_scheme_version (
    id CHAR(32) NOT NULL,
    code VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    max_level VARCHAR NOT NULL,
    target_level VARCHAR NOT NULL,
    published_on DATE NOT NULL,
    retired_from DATE,
    document JSON NOT NULL,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code, version),
    FOREIGN KEY(code) REFERENCES scheme (code)
)

INSERT INTO new_scheme_version (id, code, version, owner, max_level, target_level, published_on, document, recorded_at, recorded_by)
SELECT id, code, version, owner, max_level, target_level, published_on, document, recorded_at, recorded_by FROM scheme_version

DROP TABLE scheme_version

ALTER TABLE new_scheme_version RENAME TO scheme_version

CREATE TABLE new_batch (
    id CHAR(32) NOT NULL,
    public_id VARCHAR NOT NULL,
    occasion_id CHAR(32) NOT NULL,
    issuer VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    headers JSON NOT NULL,
    wish VARCHAR NOT NULL,
    asked VARCHAR,
    good_rows BOOLEAN NOT NULL,
    at_attained BOOLEAN NOT NULL,
    edition VARCHAR NOT NULL,
    ceiling VARCHAR NOT NULL,
    four_eyes BOOLEAN NOT NULL,
    content VARCHAR,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    detail TEXT,
    rows INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    issued INTEGER NOT NULL,
    already INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    faults INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    created_by VARCHAR NOT NULL,
    changed_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    CONSTRAINT batch_counts_every_row_once CHECK (rows >= 0 AND pending >= 0 AND issued >= 0 AND already >= 0 AND refused >= 0 AND faults >= 0 AND pending + issued + already + refused + faults = rows),
    CONSTRAINT batch_is_done_when_no_row_waits CHECK (state <> 'done' OR pending = 0),
    CONSTRAINT batch_state_is_known CHECK (state IN ('received', 'checked', 'waiting', 'issuing', 'done', 'held', 'cancelled', 'failed'))
)

INSERT INTO new_batch (id, public_id, occasion_id, issuer, digest, headers, wish, asked, good_rows, at_attained, edition, ceiling, four_eyes, state, rows, pending, issued, already, refused, faults, changes, created_at, created_by, changed_at)
SELECT id, substr(id, 1, 8) || '-' || substr(id, 9, 4) || '-' || substr(id, 13, 4) || '-' || substr(id, 17, 4) || '-' || substr(id, 21), occasion_id, (SELECT issuer FROM occasion WHERE occasion.id = batch.occasion_id), digest, '{}', wish, nullif(substr(wish, 1, instr(wish, ' ') - 1), 'target'), wish LIKE '% True', wish LIKE '% True %', '2026-01-01', (SELECT max_level FROM scheme_version v JOIN occasion o ON v.code = o.scheme AND v.version = o.scheme_version WHERE o.id = batch.occasion_id), false, 'done', (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id), 0, (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id AND a.outcome = 'issued'), (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id AND a.outcome = 'already'), (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id AND a.outcome = 'refused'), (SELECT count(*) FROM older_answer a WHERE a.batch_id = batch.id AND a.outcome = 'fault'), 1, created_at, created_by, created_at FROM batch

DROP TABLE batch

ALTER TABLE new_batch RENAME TO batch

CREATE TABLE mandate_event (
    id CHAR(32) NOT NULL,
    mandate_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    from_day DATE NOT NULL,
    until_day DATE,
    reason VARCHAR,
    actor VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (mandate_id, place),
    FOREIGN KEY(mandate_id) REFERENCES mandate (id)
)

CREATE TABLE occasion_event (
    id CHAR(32) NOT NULL,
    occasion_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    actor VARCHAR NOT NULL,
    reason VARCHAR,
    changes JSON NOT NULL,
    lines INTEGER,
    replaced INTEGER,
    digest VARCHAR NOT NULL,
    issued_before JSON NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (occasion_id, place),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE TABLE attendance_entry (
    id CHAR(32) NOT NULL,
    event_id CHAR(32) NOT NULL,
    occasion_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    session VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    name_key VARCHAR NOT NULL,
    birth_date DATE,
    minutes INTEGER NOT NULL,
    came TIME,
    "left" TIME,
    method VARCHAR,
    native_level VARCHAR,
    number_quality VARCHAR,
    checker VARCHAR,
    carried_over BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (event_id, session, name_key, birth_date),
    FOREIGN KEY(event_id) REFERENCES occasion_event (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE TABLE batch_event (
    id CHAR(32) NOT NULL,
    batch_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    actor VARCHAR NOT NULL,
    reason VARCHAR,
    note VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (batch_id, place),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    CONSTRAINT event_is_known CHECK (kind IN ('received', 'checked', 'waiting', 'issuing', 'done', 'held', 'cancelled', 'failed'))
)

CREATE TABLE batch_evidence (
    batch_id CHAR(32) NOT NULL,
    digest VARCHAR NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (batch_id, digest),
    FOREIGN KEY(batch_id) REFERENCES batch (id)
)

CREATE TABLE exam_result (
    id CHAR(32) NOT NULL,
    event_id CHAR(32) NOT NULL,
    occasion_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    name_key VARCHAR NOT NULL,
    birth_date DATE,
    part VARCHAR NOT NULL,
    scope_class VARCHAR,
    attempt INTEGER NOT NULL,
    passed BOOLEAN NOT NULL,
    sat_on DATE NOT NULL,
    outcome VARCHAR,
    pass_rule VARCHAR,
    examiner VARCHAR,
    supervision VARCHAR,
    face VARCHAR,
    method VARCHAR,
    native_level VARCHAR,
    number_quality VARCHAR,
    checker VARCHAR,
    carried_over BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (event_id, name_key, birth_date, part, scope_class, attempt),
    FOREIGN KEY(event_id) REFERENCES occasion_event (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE TABLE new_issued_certificate (
    id CHAR(32) NOT NULL,
    number VARCHAR NOT NULL,
    person_id CHAR(32) NOT NULL,
    occasion_id CHAR(32) NOT NULL,
    batch_id CHAR(32) NOT NULL,
    scheme VARCHAR NOT NULL,
    scheme_version VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    edition VARCHAR NOT NULL,
    issuer VARCHAR NOT NULL,
    kid VARCHAR NOT NULL,
    holder_name VARCHAR NOT NULL,
    vc_jwt TEXT NOT NULL,
    facts TEXT NOT NULL,
    evidence TEXT NOT NULL,
    assessment TEXT NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    issued_at DATETIME NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    time_zone VARCHAR NOT NULL,
    corrects VARCHAR,
    renews VARCHAR,
    state VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (corrects),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    FOREIGN KEY(corrects) REFERENCES issued_certificate (number),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    FOREIGN KEY(renews) REFERENCES issued_certificate (number),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

INSERT INTO new_issued_certificate (id, number, person_id, occasion_id, batch_id, scheme, scheme_version, level, edition, issuer, kid, holder_name, vc_jwt, facts, evidence, assessment, status_list, status_index, issued_at, valid_from, valid_until, time_zone, state)
SELECT id, number, person_id, occasion_id, batch_id, scheme, scheme_version, level, edition, issuer, kid, holder_name, vc_jwt, facts, evidence, assessment, status_list, status_index, issued_at, valid_from, valid_until, time_zone, state FROM issued_certificate

DROP TABLE issued_certificate

ALTER TABLE new_issued_certificate RENAME TO issued_certificate

CREATE TABLE new_batch_row (
    id CHAR(32) NOT NULL,
    batch_id CHAR(32) NOT NULL,
    occasion_id CHAR(32) NOT NULL,
    person_id CHAR(32),
    "row" INTEGER NOT NULL,
    read JSON,
    outcome VARCHAR NOT NULL,
    level VARCHAR,
    attained VARCHAR,
    asked VARCHAR,
    evidence VARCHAR,
    unmet JSON NOT NULL,
    faults JSON NOT NULL,
    number VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (batch_id, "row"),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    FOREIGN KEY(number) REFERENCES issued_certificate (number),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT row_issued_has_a_number CHECK ((outcome IN ('issued', 'already')) = (number IS NOT NULL)),
    CONSTRAINT row_outcome_is_known CHECK (outcome IN ('pending', 'issued', 'already', 'refused', 'fault')),
    CONSTRAINT row_pending_is_decided CHECK (outcome <> 'pending' OR (level IS NOT NULL AND evidence IS NOT NULL))
)

INSERT INTO new_batch_row (id, batch_id, occasion_id, person_id, row, read, outcome, level, attained, asked, unmet, faults, number)
SELECT id, batch_id, occasion_id, person_id, row, (SELECT a.read FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row), (SELECT a.outcome FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row), (SELECT a.level FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row), (SELECT a.attained FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row), (SELECT a.asked FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row), (SELECT a.unmet FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row), (SELECT a.faults FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row), (SELECT a.number FROM older_answer a WHERE a.batch_id = batch_row.batch_id AND a.row = batch_row.row) FROM batch_row

DROP TABLE batch_row

ALTER TABLE new_batch_row RENAME TO batch_row

CREATE TABLE certificate_correction (
    id CHAR(32) NOT NULL,
    number VARCHAR NOT NULL,
    corrects VARCHAR NOT NULL,
    read JSON NOT NULL,
    asked JSON NOT NULL,
    changes JSON NOT NULL,
    note VARCHAR NOT NULL,
    approval VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    actor VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (corrects),
    UNIQUE (number),
    FOREIGN KEY(approval) REFERENCES approval (public_id),
    FOREIGN KEY(corrects) REFERENCES issued_certificate (number),
    FOREIGN KEY(number) REFERENCES issued_certificate (number)
)

CREATE TABLE new_certificate_event (
    id CHAR(32) NOT NULL,
    certificate_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    effective_from DATE NOT NULL,
    reason VARCHAR,
    actor VARCHAR NOT NULL,
    organisation VARCHAR,
    approval VARCHAR,
    note VARCHAR,
    successor VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (certificate_id, place),
    FOREIGN KEY(approval) REFERENCES approval (public_id),
    FOREIGN KEY(certificate_id) REFERENCES issued_certificate (id),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    FOREIGN KEY(successor) REFERENCES issued_certificate (number)
)

INSERT INTO new_certificate_event (id, certificate_id, place, kind, at, effective_from, reason, actor, note, successor)
SELECT id, certificate_id, place, kind, at, effective_from, reason, actor, note, successor FROM certificate_event

DROP TABLE certificate_event

ALTER TABLE new_certificate_event RENAME TO certificate_event

CREATE TABLE holder_notice (
    id CHAR(32) NOT NULL,
    event_id CHAR(32) NOT NULL,
    certificate_id CHAR(32) NOT NULL,
    person_id CHAR(32) NOT NULL,
    template VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    parameters JSON NOT NULL,
    channel VARCHAR,
    state VARCHAR NOT NULL,
    created_at DATETIME NOT NULL,
    handover CHAR(32),
    handed_at DATETIME,
    handed_by VARCHAR,
    why VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (event_id),
    FOREIGN KEY(certificate_id) REFERENCES issued_certificate (id),
    FOREIGN KEY(event_id) REFERENCES certificate_event (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT notice_handed_with_others CHECK ((state IN ('handed', 'failed')) = (handover IS NOT NULL)),
    CONSTRAINT notice_state_is_known CHECK (state IN ('pending', 'handed', 'failed', 'skipped')),
    CONSTRAINT notice_template_is_known CHECK (template IN ('issued', 'corrected', 'renewed', 'suspended', 'reinstated', 'revoked', 'annulled', 'superseded'))
)

CREATE INDEX access_line_by_subject ON access_line (kind, subject)

CREATE INDEX attendance_by_name ON attendance_entry (name_key)

CREATE INDEX attendance_by_occasion_and_name ON attendance_entry (occasion_id, name_key)

CREATE INDEX batch_by_occasion_and_digest ON batch (occasion_id, digest)

CREATE INDEX certificate_by_issuer ON issued_certificate (issuer, id)

CREATE INDEX certificate_by_scheme ON issued_certificate (scheme, id)

CREATE INDEX certificate_by_state ON issued_certificate (state, id)

CREATE INDEX certificate_of_person ON issued_certificate (person_id, scheme)

CREATE UNIQUE INDEX identifier_is_one_persons ON person_identifier (blind_index) WHERE ended_at IS NULL

CREATE INDEX ix_access_line_account ON access_line (account)

CREATE INDEX ix_account_birth_date ON account (birth_date)

CREATE INDEX ix_account_event_account ON account_event (account)

CREATE INDEX ix_account_name_key ON account (name_key)

CREATE UNIQUE INDEX ix_account_slug ON account (slug)

CREATE INDEX ix_api_key_account ON api_key (account)

CREATE UNIQUE INDEX ix_api_key_prefix ON api_key (prefix)

CREATE INDEX ix_approval_digest ON approval (digest)

CREATE INDEX ix_approval_organisation ON approval (organisation)

CREATE UNIQUE INDEX ix_approval_public_id ON approval (public_id)

CREATE INDEX ix_approval_requested_by ON approval (requested_by)

CREATE INDEX ix_approval_subject ON approval (subject)

CREATE INDEX ix_batch_event_batch_id ON batch_event (batch_id)

CREATE INDEX ix_batch_issuer ON batch (issuer)

CREATE INDEX ix_batch_occasion_id ON batch (occasion_id)

CREATE UNIQUE INDEX ix_batch_public_id ON batch (public_id)

CREATE INDEX ix_batch_row_batch_id ON batch_row (batch_id)

CREATE INDEX ix_batch_row_number ON batch_row (number)

CREATE INDEX ix_batch_row_occasion_id ON batch_row (occasion_id)

CREATE INDEX ix_batch_row_person_id ON batch_row (person_id)

CREATE INDEX ix_batch_state ON batch (state)

CREATE INDEX ix_certificate_event_certificate_id ON certificate_event (certificate_id)

CREATE INDEX ix_former_name_name_key ON former_name (name_key)

CREATE INDEX ix_former_name_person_id ON former_name (person_id)

CREATE INDEX ix_holder_notice_certificate_id ON holder_notice (certificate_id)

CREATE INDEX ix_holder_notice_handover ON holder_notice (handover)

CREATE INDEX ix_holder_notice_person_id ON holder_notice (person_id)

CREATE INDEX ix_issued_certificate_batch_id ON issued_certificate (batch_id)

CREATE INDEX ix_issued_certificate_kid ON issued_certificate (kid)

CREATE UNIQUE INDEX ix_issued_certificate_number ON issued_certificate (number)

CREATE INDEX ix_issued_certificate_occasion_id ON issued_certificate (occasion_id)

CREATE INDEX ix_issued_certificate_renews ON issued_certificate (renews)

CREATE INDEX ix_issued_certificate_valid_until ON issued_certificate (valid_until)

CREATE INDEX ix_mandate_event_mandate_id ON mandate_event (mandate_id)

CREATE INDEX ix_membership_account ON membership (account)

CREATE INDEX ix_membership_organisation ON membership (organisation)

CREATE INDEX ix_occasion_event_occasion_id ON occasion_event (occasion_id)

CREATE INDEX ix_occasion_issuer ON occasion (issuer)

CREATE UNIQUE INDEX ix_occasion_public_id ON occasion (public_id)

CREATE INDEX ix_occasion_scheme ON occasion (scheme)

CREATE INDEX ix_person_event_person_id ON person_event (person_id)

CREATE INDEX ix_person_identifier_person_id ON person_identifier (person_id)

CREATE INDEX ix_person_merged_into ON person (merged_into)

CREATE INDEX ix_person_organisation_organisation ON person_organisation (organisation)

CREATE INDEX ix_person_organisation_person_id ON person_organisation (person_id)

CREATE INDEX ix_remembered_answer_at ON remembered_answer (at)

CREATE INDEX ix_scheme_draft_code ON scheme_draft (code)

CREATE INDEX ix_scheme_draft_owner ON scheme_draft (owner)

CREATE INDEX ix_scheme_event_code ON scheme_event (code)

CREATE UNIQUE INDEX ix_scheme_extension_public_id ON scheme_extension (public_id)

CREATE INDEX ix_scheme_extension_scheme ON scheme_extension (scheme)

CREATE INDEX ix_scheme_version_code ON scheme_version (code)

CREATE INDEX ix_suspected_pair_b ON suspected_pair (b)

CREATE INDEX ix_suspected_pair_state ON suspected_pair (state)

CREATE INDEX notice_by_state ON holder_notice (state, id)

CREATE UNIQUE INDEX one_batch_per_list ON batch (occasion_id, digest, wish) WHERE state NOT IN ('done', 'cancelled')

CREATE UNIQUE INDEX one_per_person_and_occasion ON issued_certificate (person_id, occasion_id) WHERE state NOT IN ('annulled', 'superseded')

CREATE INDEX person_by_birth_date ON person (birth_date)

CREATE INDEX person_by_name_and_birth_date ON person (name_key, birth_date)

CREATE INDEX result_by_name_and_birth_date ON exam_result (name_key, birth_date)

CREATE INDEX result_by_occasion_and_name ON exam_result (occasion_id, name_key)

INSERT INTO batch_row (id, batch_id, occasion_id, row, read, outcome, attained, asked, unmet, faults)
SELECT lower(hex(randomblob(16))), a.batch_id, a.occasion_id, a.row, a.read, a.outcome, a.attained, a.asked, a.unmet, a.faults
FROM older_answer a WHERE NOT EXISTS (SELECT 1 FROM batch_row b WHERE b.batch_id = a.batch_id AND b.row = a.row)

DROP TABLE older_answer

INSERT INTO batch_event (id, batch_id, place, kind, at, actor)
SELECT lower(hex(randomblob(16))), id, 1, 'done', created_at, created_by FROM batch

INSERT INTO scheme_event (id, code, version, place, kind, at, from_day, actor)
SELECT lower(hex(randomblob(16))), code, version, 1, 'published', recorded_at, published_on, recorded_by FROM scheme_version

INSERT INTO mandate_event (id, mandate_id, place, kind, at, from_day, until_day, reason, actor)
SELECT lower(hex(randomblob(16))), id, 1, 'granted', recorded_at, since, until, reason, recorded_by FROM mandate

INSERT INTO mandate_event (id, mandate_id, place, kind, at, from_day, until_day, reason, actor)
SELECT lower(hex(randomblob(16))), id, 2, 'suspended', recorded_at, suspended_from, suspended_until, reason, recorded_by FROM mandate WHERE suspended_from IS NOT NULL

INSERT INTO mandate_event (id, mandate_id, place, kind, at, from_day, reason, actor)
SELECT lower(hex(randomblob(16))), id, CASE WHEN suspended_from IS NULL THEN 2 ELSE 3 END, 'withdrawn', recorded_at, withdrawn_from, reason, recorded_by FROM mandate WHERE withdrawn_from IS NOT NULL

CREATE TRIGGER sheet_line_is_not_changed BEFORE UPDATE ON attendance_entry BEGIN SELECT RAISE(ABORT, 'a line of a sign-in sheet is never changed'); END

CREATE TRIGGER batch_event_is_not_changed BEFORE UPDATE ON batch_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END

CREATE TRIGGER batch_event_is_not_removed BEFORE DELETE ON batch_event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END

CREATE TRIGGER batch_evidence_is_not_changed BEFORE UPDATE ON batch_evidence BEGIN SELECT RAISE(ABORT, 'what a decision rests on is never changed'); END

CREATE TRIGGER batch_evidence_is_not_removed BEFORE DELETE ON batch_evidence BEGIN SELECT RAISE(ABORT, 'what a decision rests on is never removed'); END

CREATE TRIGGER batch_is_not_removed BEFORE DELETE ON batch BEGIN SELECT RAISE(ABORT, 'a batch is never removed'); END

CREATE TRIGGER batch_row_is_not_removed BEFORE DELETE ON batch_row BEGIN SELECT RAISE(ABORT, 'a row of a batch is never removed'); END

CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON certificate_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END

CREATE TRIGGER event_is_not_removed BEFORE DELETE ON certificate_event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END

CREATE TRIGGER certificate_is_not_changed BEFORE UPDATE OF id, number, person_id, occasion_id, batch_id, scheme, scheme_version, level, edition, issuer, kid, holder_name, vc_jwt, facts, evidence, assessment, status_list, status_index, issued_at, valid_from, valid_until, time_zone, corrects, renews ON issued_certificate BEGIN SELECT RAISE(ABORT, 'an issued certificate is never changed'); END

CREATE TRIGGER certificate_is_not_removed BEFORE DELETE ON issued_certificate BEGIN SELECT RAISE(ABORT, 'an issued certificate is never removed'); END

CREATE TRIGGER slot_is_not_given_back BEFORE DELETE ON status_slot BEGIN SELECT RAISE(ABORT, 'a place in a status list is never given back'); END

CREATE TRIGGER correction_is_not_changed BEFORE UPDATE ON certificate_correction BEGIN SELECT RAISE(ABORT, 'corrections are never changed'); END

CREATE TRIGGER correction_is_not_removed BEFORE DELETE ON certificate_correction BEGIN SELECT RAISE(ABORT, 'corrections are never removed'); END

CREATE TRIGGER result_is_not_changed BEFORE UPDATE ON exam_result BEGIN SELECT RAISE(ABORT, 'an exam result is never changed'); END

CREATE TRIGGER scheme_extension_is_kept BEFORE UPDATE OF id, public_id, scheme, versions, ends_from, ends_until, months, until, decided_on, decision, recorded_at, recorded_by ON scheme_extension BEGIN SELECT RAISE(ABORT, 'a decision is never changed; it is withdrawn, and another recorded'); END

CREATE TRIGGER scheme_extension_stays BEFORE DELETE ON scheme_extension BEGIN SELECT RAISE(ABORT, 'a decision is never changed; it is withdrawn, and another recorded'); END

CREATE TRIGGER mandate_is_kept BEFORE UPDATE OF id, public_id, scheme, versions, owner, issuer, max_level, since, until, recorded_at, recorded_by ON mandate BEGIN SELECT RAISE(ABORT, 'what a mandate says is never changed; a decision about it is an event'); END

CREATE TRIGGER mandate_stays BEFORE DELETE ON mandate BEGIN SELECT RAISE(ABORT, 'what a mandate says is never changed; a decision about it is an event'); END

CREATE TRIGGER mandate_event_is_kept BEFORE UPDATE ON mandate_event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END

CREATE TRIGGER mandate_event_stays BEFORE DELETE ON mandate_event BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END

CREATE TRIGGER occasion_event_is_not_changed BEFORE UPDATE ON occasion_event BEGIN SELECT RAISE(ABORT, 'the history of an occasion is never changed'); END

CREATE TRIGGER occasion_event_is_not_removed BEFORE DELETE ON occasion_event BEGIN SELECT RAISE(ABORT, 'the history of an occasion is never removed'); END

CREATE TRIGGER person_event_is_not_changed BEFORE UPDATE ON person_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END

CREATE TRIGGER person_event_is_not_removed BEFORE DELETE ON person_event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END

CREATE TRIGGER former_name_is_not_changed BEFORE UPDATE ON former_name BEGIN SELECT RAISE(ABORT, 'a former name is never changed'); END

CREATE TRIGGER person_is_not_removed BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'a record of a person keeps its id for ever'); END

CREATE TRIGGER scheme_version_is_kept BEFORE UPDATE OF id, code, version, owner, max_level, target_level, published_on, document, recorded_at, recorded_by ON scheme_version BEGIN SELECT RAISE(ABORT, 'a published version is never changed: certificates refer to it'); END

CREATE TRIGGER scheme_version_stays BEFORE DELETE ON scheme_version BEGIN SELECT RAISE(ABORT, 'a published version is never changed: certificates refer to it'); END

CREATE TRIGGER scheme_event_is_kept BEFORE UPDATE ON scheme_event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END

CREATE TRIGGER scheme_event_stays BEFORE DELETE ON scheme_event BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END
