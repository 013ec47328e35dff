-- From version 0001 of the tables to 0002. Statements stand apart by a blank line.

DROP TRIGGER certificate_is_not_changed ON issued_certificate

DROP TRIGGER certificate_is_not_removed ON issued_certificate

DROP TRIGGER certificate_is_not_removed_at_once ON issued_certificate

DROP TRIGGER event_is_not_changed ON certificate_event

DROP TRIGGER event_is_not_removed ON certificate_event

DROP TRIGGER event_is_not_removed_at_once ON certificate_event

DROP TRIGGER slot_is_not_given_back ON status_slot

DROP TRIGGER slot_is_not_given_back_at_once ON status_slot

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
    CONSTRAINT api_key_expires_later CHECK (expires_at > created_at),
    FOREIGN KEY(organisation) REFERENCES organisation (slug)
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
    CONSTRAINT approval_takes_two CHECK (decided_by IS NULL OR decided_by <> requested_by),
    FOREIGN KEY(requested_by) REFERENCES account (slug),
    FOREIGN KEY(decided_by) REFERENCES account (slug),
    CONSTRAINT approval_decided_by_somebody CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT approval_state_follows_decision CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL)),
    FOREIGN KEY(organisation) REFERENCES organisation (slug)
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
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    CONSTRAINT membership_ends_later CHECK (until IS NULL OR until >= since),
    FOREIGN KEY(account) REFERENCES account (slug)
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
    CONSTRAINT person_is_known_once UNIQUE (person_id, organisation),
    FOREIGN KEY(person_id) REFERENCES person (id)
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
    CONSTRAINT pair_is_queued_once UNIQUE (a, b),
    FOREIGN KEY(a) REFERENCES person (id),
    CONSTRAINT pair_is_of_two CHECK (a <> b),
    FOREIGN KEY(b) REFERENCES person (id),
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
    FOREIGN KEY(code) REFERENCES scheme (code),
    FOREIGN KEY(owner) REFERENCES organisation (slug),
    UNIQUE (code, version)
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
    FOREIGN KEY(code) REFERENCES scheme (code),
    UNIQUE (code, version, place)
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
    CONSTRAINT extension_days_in_order CHECK (ends_until >= ends_from),
    CONSTRAINT extension_by_months_or_to_a_day CHECK ((months IS NULL) <> (until IS NULL))
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
    FOREIGN KEY(mandate_id) REFERENCES mandate (id),
    UNIQUE (mandate_id, place)
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
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    UNIQUE (event_id, session, name_key, birth_date),
    FOREIGN KEY(event_id) REFERENCES occasion_event (id)
)

CREATE INDEX attendance_by_occasion_and_name ON attendance_entry (occasion_id, name_key)

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
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    FOREIGN KEY(event_id) REFERENCES occasion_event (id)
)

CREATE INDEX result_by_name_and_birth_date ON exam_result (name_key, birth_date)

CREATE INDEX result_by_occasion_and_name ON exam_result (occasion_id, name_key)

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
    CONSTRAINT notice_template_is_known CHECK (template IN ('issued', 'corrected', 'renewed', 'suspended', 'reinstated', 'revoked', 'annulled', 'superseded')),
    CONSTRAINT notice_state_is_known CHECK (state IN ('pending', 'handed', 'failed', 'skipped')),
    CONSTRAINT notice_handed_with_others CHECK ((state IN ('handed', 'failed')) = (handover IS NOT NULL)),
    FOREIGN KEY(person_id) REFERENCES person (id),
    FOREIGN KEY(event_id) REFERENCES certificate_event (id)
)

CREATE INDEX ix_holder_notice_certificate_id ON holder_notice (certificate_id)

CREATE INDEX ix_holder_notice_handover ON holder_notice (handover)

CREATE INDEX ix_holder_notice_person_id ON holder_notice (person_id)

CREATE INDEX notice_by_state ON holder_notice (state, id)

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

ALTER TABLE occasion ADD COLUMN cancelled BOOLEAN DEFAULT false NOT NULL

ALTER TABLE occasion ALTER COLUMN cancelled DROP DEFAULT

ALTER TABLE person ADD COLUMN post VARCHAR COLLATE "C"

ALTER TABLE person ADD COLUMN via VARCHAR COLLATE "C"

ALTER TABLE person ADD COLUMN merged_into UUID

CREATE INDEX ix_person_merged_into ON person (merged_into)

CREATE INDEX person_by_birth_date ON person (birth_date)

ALTER TABLE person ADD CONSTRAINT person_merged_into_fkey FOREIGN KEY(merged_into) REFERENCES person (id)

ALTER TABLE scheme_version ADD COLUMN retired_from DATE

CREATE OR REPLACE FUNCTION stay_as_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$

CREATE TRIGGER sheet_line_is_not_changed BEFORE UPDATE ON attendance_entry FOR EACH ROW EXECUTE FUNCTION stay_as_written('a line of a sign-in sheet is never changed')

CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON certificate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never changed')

CREATE TRIGGER event_is_not_removed BEFORE DELETE ON certificate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER event_is_not_removed_at_once BEFORE TRUNCATE ON certificate_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER certificate_is_not_changed BEFORE UPDATE OF id, number, person_id, occasion_id, batch_id, scheme, scheme_version, level, edition, issuer, kid, holder_name, vc_jwt, facts, evidence, assessment, status_list, status_index, issued_at, valid_from, valid_until, time_zone, corrects, renews ON issued_certificate FOR EACH ROW EXECUTE FUNCTION stay_as_written('an issued certificate is never changed')

CREATE TRIGGER certificate_is_not_removed BEFORE DELETE ON issued_certificate FOR EACH ROW EXECUTE FUNCTION stay_as_written('an issued certificate is never removed')

CREATE TRIGGER certificate_is_not_removed_at_once BEFORE TRUNCATE ON issued_certificate FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an issued certificate is never removed')

CREATE TRIGGER slot_is_not_given_back BEFORE DELETE ON status_slot FOR EACH ROW EXECUTE FUNCTION stay_as_written('a place in a status list is never given back')

CREATE TRIGGER slot_is_not_given_back_at_once BEFORE TRUNCATE ON status_slot FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a place in a status list is never given back')

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
