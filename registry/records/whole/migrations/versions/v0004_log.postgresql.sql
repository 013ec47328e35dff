-- From version 0003 of the tables to 0004. Statements stand apart by a blank line.

DROP TRIGGER batch_event_is_not_changed ON batch_event

DROP TRIGGER batch_event_is_not_removed ON batch_event

DROP TRIGGER batch_event_is_not_removed_at_once ON batch_event

DROP TRIGGER batch_is_not_removed ON batch

DROP TRIGGER batch_is_not_removed_at_once ON batch

DROP TRIGGER batch_row_is_not_removed ON batch_row

DROP TRIGGER batch_row_is_not_removed_at_once ON batch_row

DROP TRIGGER certificate_is_not_changed ON issued_certificate

DROP TRIGGER certificate_is_not_removed ON issued_certificate

DROP TRIGGER certificate_is_not_removed_at_once ON issued_certificate

DROP TRIGGER correction_is_not_changed ON certificate_correction

DROP TRIGGER correction_is_not_removed ON certificate_correction

DROP TRIGGER correction_is_not_removed_at_once ON certificate_correction

DROP TRIGGER event_is_not_changed ON certificate_event

DROP TRIGGER event_is_not_removed ON certificate_event

DROP TRIGGER event_is_not_removed_at_once ON certificate_event

DROP TRIGGER former_name_is_not_changed ON former_name

DROP TRIGGER kept_once_is_not_changed ON kept_once

DROP TRIGGER kept_once_is_not_removed ON kept_once

DROP TRIGGER kept_once_is_not_removed_at_once ON kept_once

DROP TRIGGER mandate_event_is_kept ON mandate_event

DROP TRIGGER mandate_event_stays ON mandate_event

DROP TRIGGER mandate_event_stays_at_once ON mandate_event

DROP TRIGGER mandate_is_kept ON mandate

DROP TRIGGER mandate_stays ON mandate

DROP TRIGGER mandate_stays_at_once ON mandate

DROP TRIGGER occasion_event_is_not_changed ON occasion_event

DROP TRIGGER occasion_event_is_not_removed ON occasion_event

DROP TRIGGER occasion_event_is_not_removed_at_once ON occasion_event

DROP TRIGGER person_event_is_not_changed ON person_event

DROP TRIGGER person_event_is_not_removed ON person_event

DROP TRIGGER person_event_is_not_removed_at_once ON person_event

DROP TRIGGER person_is_not_removed ON person

DROP TRIGGER person_is_not_removed_at_once ON person

DROP TRIGGER result_is_not_changed ON exam_result

DROP TRIGGER scheme_event_is_kept ON scheme_event

DROP TRIGGER scheme_event_stays ON scheme_event

DROP TRIGGER scheme_event_stays_at_once ON scheme_event

DROP TRIGGER scheme_extension_is_kept ON scheme_extension

DROP TRIGGER scheme_extension_stays ON scheme_extension

DROP TRIGGER scheme_extension_stays_at_once ON scheme_extension

DROP TRIGGER scheme_version_is_kept ON scheme_version

DROP TRIGGER scheme_version_stays ON scheme_version

DROP TRIGGER scheme_version_stays_at_once ON scheme_version

DROP TRIGGER sheet_line_is_not_changed ON attendance_entry

DROP TRIGGER slot_is_not_given_back ON status_slot

DROP TRIGGER slot_is_not_given_back_at_once ON status_slot

CREATE TABLE problem_report (
    id UUID NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    noticed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason VARCHAR COLLATE "C" NOT NULL,
    number VARCHAR COLLATE "C",
    headline VARCHAR COLLATE "C",
    codes JSON NOT NULL,
    note VARCHAR COLLATE "C",
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by VARCHAR COLLATE "C",
    closed_because VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT report_reason_is_known CHECK (reason IN ('not_the_holder', 'looks_forged', 'facts_differ', 'answer_wrong', 'cannot_scan', 'other'))
)

CREATE INDEX ix_problem_report_number ON problem_report (number)

CREATE INDEX problem_report_open ON problem_report (closed_at, received_at)

CREATE TABLE organisation_design (
    organisation VARCHAR COLLATE "C" NOT NULL,
    accent VARCHAR COLLATE "C",
    logo BYTEA,
    logo_width INTEGER,
    logo_height INTEGER,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (organisation),
    FOREIGN KEY(organisation) REFERENCES organisation (slug)
)

CREATE TABLE log_epoch (
    number INTEGER NOT NULL,
    origin VARCHAR COLLATE "C" NOT NULL,
    kid VARCHAR COLLATE "C" NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason VARCHAR COLLATE "C",
    PRIMARY KEY (number),
    UNIQUE (kid),
    UNIQUE (origin),
    FOREIGN KEY(kid) REFERENCES signing_key (kid)
)

CREATE TABLE organisation_to_sign (
    asked VARCHAR COLLATE "C" NOT NULL,
    about VARCHAR COLLATE "C" NOT NULL,
    issuer VARCHAR COLLATE "C" NOT NULL,
    given TEXT COLLATE "C",
    approval VARCHAR COLLATE "C",
    number VARCHAR COLLATE "C" NOT NULL,
    kid VARCHAR COLLATE "C" NOT NULL,
    signed_part TEXT COLLATE "C" NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (asked),
    UNIQUE (about),
    UNIQUE (number),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE TABLE recognition (
    id UUID NOT NULL,
    public_id VARCHAR COLLATE "C" NOT NULL,
    scheme VARCHAR COLLATE "C" NOT NULL,
    accepts VARCHAR COLLATE "C" NOT NULL,
    versions JSON,
    min_level VARCHAR COLLATE "C",
    issued_from DATE,
    issued_until DATE,
    accepted_from DATE NOT NULL,
    accepted_until DATE,
    required_classes JSON NOT NULL,
    class_map JSON NOT NULL,
    condition JSON,
    withdrawn_from DATE,
    reason VARCHAR COLLATE "C",
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(accepts) REFERENCES scheme (code),
    FOREIGN KEY(scheme) REFERENCES scheme (code)
)

CREATE INDEX ix_recognition_accepts ON recognition (accepts)

CREATE UNIQUE INDEX ix_recognition_public_id ON recognition (public_id)

CREATE INDEX ix_recognition_scheme ON recognition (scheme)

CREATE TABLE seal_certificate (
    kid VARCHAR COLLATE "C" NOT NULL,
    certificate BYTEA NOT NULL,
    not_after TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (kid),
    FOREIGN KEY(kid) REFERENCES signing_key (kid)
)

CREATE TABLE surviving_codes (
    kid VARCHAR COLLATE "C" NOT NULL,
    spans JSON NOT NULL,
    digests BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (kid),
    FOREIGN KEY(kid) REFERENCES signing_key (kid)
)

CREATE TABLE log_entry (
    id UUID NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    entry BYTEA NOT NULL,
    salt BYTEA,
    epoch INTEGER,
    log_index INTEGER,
    PRIMARY KEY (id),
    UNIQUE (epoch, log_index),
    FOREIGN KEY(epoch) REFERENCES log_epoch (number)
)

CREATE INDEX log_entry_that_waits ON log_entry (id) WHERE log_index IS NULL

CREATE TABLE log_head (
    epoch INTEGER NOT NULL,
    size INTEGER NOT NULL,
    extends INTEGER NOT NULL,
    root BYTEA NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (epoch, size),
    UNIQUE (epoch, extends),
    FOREIGN KEY(epoch) REFERENCES log_epoch (number)
)

CREATE TABLE log_tile (
    epoch INTEGER NOT NULL,
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (epoch, level, number),
    FOREIGN KEY(epoch) REFERENCES log_epoch (number)
)

CREATE TABLE organisation_certificate (
    id UUID NOT NULL,
    number VARCHAR COLLATE "C" NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    holder VARCHAR COLLATE "C" NOT NULL,
    issuer VARCHAR COLLATE "C" NOT NULL,
    kid VARCHAR COLLATE "C" NOT NULL,
    mandate VARCHAR COLLATE "C",
    vc_jwt TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    time_zone VARCHAR COLLATE "C" NOT NULL,
    replaces VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (mandate),
    UNIQUE (replaces),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(holder) REFERENCES organisation (slug),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(mandate) REFERENCES mandate (public_id),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE INDEX ix_organisation_certificate_holder ON organisation_certificate (holder)

CREATE INDEX ix_organisation_certificate_issuer ON organisation_certificate (issuer)

CREATE UNIQUE INDEX ix_organisation_certificate_number ON organisation_certificate (number)

ALTER TABLE organisation_certificate ADD CONSTRAINT organisation_certificate_replaces_fkey FOREIGN KEY(replaces) REFERENCES organisation_certificate (number)

CREATE TABLE recognition_event (
    id UUID NOT NULL,
    recognition_id UUID NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    from_day DATE NOT NULL,
    until_day DATE,
    reason VARCHAR COLLATE "C",
    actor VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (recognition_id, place),
    FOREIGN KEY(recognition_id) REFERENCES recognition (id)
)

CREATE INDEX ix_recognition_event_recognition_id ON recognition_event (recognition_id)

CREATE TABLE accreditation (
    id UUID NOT NULL,
    public_id VARCHAR COLLATE "C" NOT NULL,
    body VARCHAR COLLATE "C" NOT NULL,
    applicant VARCHAR COLLATE "C" NOT NULL,
    standard VARCHAR COLLATE "C" NOT NULL,
    edition VARCHAR COLLATE "C" NOT NULL,
    scope JSON NOT NULL,
    state VARCHAR COLLATE "C" NOT NULL,
    certificate VARCHAR COLLATE "C",
    surveillance_months INTEGER,
    applied_at TIMESTAMP WITH TIME ZONE NOT NULL,
    applied_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (certificate),
    FOREIGN KEY(applicant) REFERENCES organisation (slug),
    FOREIGN KEY(body) REFERENCES organisation (slug),
    FOREIGN KEY(certificate) REFERENCES organisation_certificate (number)
)

CREATE INDEX ix_accreditation_applicant ON accreditation (applicant)

CREATE INDEX ix_accreditation_body ON accreditation (body)

CREATE UNIQUE INDEX ix_accreditation_public_id ON accreditation (public_id)

CREATE TABLE organisation_certificate_event (
    id UUID NOT NULL,
    certificate_id UUID NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    from_day DATE NOT NULL,
    until_day DATE,
    reason VARCHAR COLLATE "C",
    note VARCHAR COLLATE "C",
    actor VARCHAR COLLATE "C" NOT NULL,
    approval VARCHAR COLLATE "C",
    successor VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (certificate_id, place),
    FOREIGN KEY(approval) REFERENCES approval (public_id),
    FOREIGN KEY(certificate_id) REFERENCES organisation_certificate (id),
    FOREIGN KEY(successor) REFERENCES organisation_certificate (number)
)

CREATE INDEX ix_organisation_certificate_event_certificate_id ON organisation_certificate_event (certificate_id)

CREATE TABLE print_order (
    id UUID NOT NULL,
    public_id VARCHAR COLLATE "C" NOT NULL,
    batch_id UUID NOT NULL,
    page VARCHAR COLLATE "C" NOT NULL,
    lang VARCHAR COLLATE "C" NOT NULL,
    public_url VARCHAR COLLATE "C" NOT NULL,
    state VARCHAR COLLATE "C" NOT NULL,
    "of" INTEGER NOT NULL,
    done INTEGER NOT NULL,
    unprintable JSON NOT NULL,
    fault VARCHAR COLLATE "C",
    requested_by VARCHAR COLLATE "C" NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    CONSTRAINT print_order_state_is_known CHECK (state IN ('waiting', 'done', 'failed', 'removed'))
)

CREATE INDEX ix_print_order_batch_id ON print_order (batch_id)

CREATE UNIQUE INDEX ix_print_order_public_id ON print_order (public_id)

CREATE INDEX ix_print_order_state ON print_order (state)

CREATE TABLE accreditation_document (
    id UUID NOT NULL,
    accreditation_id UUID NOT NULL,
    name VARCHAR COLLATE "C" NOT NULL,
    reference VARCHAR COLLATE "C" NOT NULL,
    sha256 VARCHAR COLLATE "C" NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    added_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (accreditation_id, sha256),
    FOREIGN KEY(accreditation_id) REFERENCES accreditation (id)
)

CREATE INDEX ix_accreditation_document_accreditation_id ON accreditation_document (accreditation_id)

CREATE TABLE accreditation_event (
    id UUID NOT NULL,
    accreditation_id UUID NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR COLLATE "C" NOT NULL,
    reason VARCHAR COLLATE "C",
    from_day DATE,
    until_day DATE,
    about VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    UNIQUE (accreditation_id, place),
    FOREIGN KEY(accreditation_id) REFERENCES accreditation (id)
)

CREATE INDEX ix_accreditation_event_accreditation_id ON accreditation_event (accreditation_id)

CREATE TABLE correction_to_sign (
    corrects VARCHAR COLLATE "C" NOT NULL,
    number VARCHAR COLLATE "C" NOT NULL,
    kid VARCHAR COLLATE "C" NOT NULL,
    content VARCHAR COLLATE "C" NOT NULL,
    asked JSON NOT NULL,
    note VARCHAR COLLATE "C" NOT NULL,
    signed_part TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (corrects),
    UNIQUE (number),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(corrects) REFERENCES issued_certificate (number),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE TABLE reissue_to_sign (
    corrects VARCHAR COLLATE "C" NOT NULL,
    approval VARCHAR COLLATE "C" NOT NULL,
    content VARCHAR COLLATE "C" NOT NULL,
    number VARCHAR COLLATE "C" NOT NULL,
    kid VARCHAR COLLATE "C" NOT NULL,
    signed_part TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (corrects),
    UNIQUE (number),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(approval) REFERENCES approval (public_id),
    FOREIGN KEY(corrects) REFERENCES issued_certificate (number),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE INDEX ix_reissue_to_sign_approval ON reissue_to_sign (approval)

CREATE TABLE to_sign (
    row_id UUID NOT NULL,
    batch_id UUID NOT NULL,
    row INTEGER NOT NULL,
    number VARCHAR COLLATE "C" NOT NULL,
    kid VARCHAR COLLATE "C" NOT NULL,
    content VARCHAR COLLATE "C",
    signed_part TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (row_id),
    UNIQUE (number),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(row_id) REFERENCES batch_row (id),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE INDEX ix_to_sign_batch_id ON to_sign (batch_id)

ALTER TABLE declaration ADD COLUMN certificate VARCHAR COLLATE "C"

CREATE INDEX ix_declaration_certificate ON declaration (certificate)

ALTER TABLE declaration ADD FOREIGN KEY(certificate) REFERENCES organisation_certificate (number)

ALTER TABLE mandate ADD COLUMN also_suspended JSON

ALTER TABLE mandate_event ADD COLUMN approval VARCHAR COLLATE "C"

ALTER TABLE mandate_event ADD COLUMN beside BOOLEAN

ALTER TABLE mandate_event ADD FOREIGN KEY(approval) REFERENCES approval (public_id)

ALTER TABLE organisation ADD COLUMN closed_on DATE

ALTER TABLE signing_key ALTER COLUMN sealed_private_key DROP NOT NULL

ALTER TABLE batch DROP CONSTRAINT batch_state_is_known

ALTER TABLE batch ADD CONSTRAINT batch_state_is_known CHECK (state IN ('received', 'checked', 'waiting', 'issuing', 'signing', 'done', 'held', 'cancelled', 'failed'))

ALTER TABLE batch_event DROP CONSTRAINT event_is_known

ALTER TABLE batch_event ADD CONSTRAINT event_is_known CHECK (kind IN ('received', 'checked', 'waiting', 'issuing', 'signing', 'done', 'held', 'cancelled', 'failed'))

ALTER TABLE organisation_certificate ALTER COLUMN vc_jwt SET STORAGE EXTERNAL

CREATE OR REPLACE FUNCTION stay_as_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$

CREATE TRIGGER accreditation_is_kept BEFORE UPDATE OF id, public_id, body, applicant, standard, edition, scope, applied_at, applied_by ON accreditation FOR EACH ROW EXECUTE FUNCTION stay_as_written('what was applied for is never changed')

CREATE TRIGGER accreditation_stays BEFORE DELETE ON accreditation FOR EACH ROW EXECUTE FUNCTION stay_as_written('an application is never removed')

CREATE TRIGGER accreditation_stays_at_once BEFORE TRUNCATE ON accreditation FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an application is never removed')

CREATE TRIGGER accreditation_document_is_kept BEFORE UPDATE ON accreditation_document FOR EACH ROW EXECUTE FUNCTION stay_as_written('what was handed in is never changed')

CREATE TRIGGER accreditation_document_stays BEFORE DELETE ON accreditation_document FOR EACH ROW EXECUTE FUNCTION stay_as_written('what was handed in is never removed')

CREATE TRIGGER accreditation_document_stays_at_once BEFORE TRUNCATE ON accreditation_document FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('what was handed in is never removed')

CREATE TRIGGER accreditation_event_is_kept BEFORE UPDATE ON accreditation_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never changed')

CREATE TRIGGER accreditation_event_stays BEFORE DELETE ON accreditation_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER accreditation_event_stays_at_once BEFORE TRUNCATE ON accreditation_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER sheet_line_is_not_changed BEFORE UPDATE ON attendance_entry FOR EACH ROW EXECUTE FUNCTION stay_as_written('a line of a sign-in sheet is never changed')

CREATE TRIGGER batch_event_is_not_changed BEFORE UPDATE ON batch_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never changed')

CREATE TRIGGER batch_event_is_not_removed BEFORE DELETE ON batch_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER batch_event_is_not_removed_at_once BEFORE TRUNCATE ON batch_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('events are never removed')

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

CREATE TRIGGER entry_is_not_changed BEFORE UPDATE OF id, kind, entry ON log_entry FOR EACH ROW EXECUTE FUNCTION stay_as_written('an entry is never changed')

CREATE TRIGGER entry_is_not_removed BEFORE DELETE ON log_entry FOR EACH ROW EXECUTE FUNCTION stay_as_written('an entry is never removed')

CREATE TRIGGER entry_is_not_removed_at_once BEFORE TRUNCATE ON log_entry FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an entry is never removed')

CREATE TRIGGER entry_stays_in_its_place BEFORE UPDATE OF epoch, log_index ON log_entry FOR EACH ROW WHEN (OLD.log_index IS NOT NULL) EXECUTE FUNCTION stay_as_written('an entry stays where it stands')

CREATE TRIGGER salt_is_only_erased BEFORE UPDATE OF salt ON log_entry FOR EACH ROW WHEN (NEW.salt IS NOT NULL) EXECUTE FUNCTION stay_as_written('a salt is erased, never changed')

CREATE TRIGGER result_is_not_changed BEFORE UPDATE ON exam_result FOR EACH ROW EXECUTE FUNCTION stay_as_written('an exam result is never changed')

CREATE TRIGGER scheme_extension_is_kept BEFORE UPDATE OF id, public_id, scheme, versions, ends_from, ends_until, months, until, decided_on, decision, recorded_at, recorded_by ON scheme_extension FOR EACH ROW EXECUTE FUNCTION stay_as_written('a decision is never changed; it is withdrawn, and another recorded')

CREATE TRIGGER scheme_extension_stays BEFORE DELETE ON scheme_extension FOR EACH ROW EXECUTE FUNCTION stay_as_written('a decision is never changed; it is withdrawn, and another recorded')

CREATE TRIGGER scheme_extension_stays_at_once BEFORE TRUNCATE ON scheme_extension FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a decision is never changed; it is withdrawn, and another recorded')

CREATE TRIGGER epoch_is_not_changed BEFORE UPDATE ON log_epoch FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a log was begun with is never changed')

CREATE TRIGGER epoch_is_not_removed BEFORE DELETE ON log_epoch FOR EACH ROW EXECUTE FUNCTION stay_as_written('a log is never removed')

CREATE TRIGGER epoch_is_not_removed_at_once BEFORE TRUNCATE ON log_epoch FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a log is never removed')

CREATE TRIGGER head_is_not_changed BEFORE UPDATE ON log_head FOR EACH ROW EXECUTE FUNCTION stay_as_written('a head that was signed is never changed')

CREATE TRIGGER head_is_not_removed BEFORE DELETE ON log_head FOR EACH ROW EXECUTE FUNCTION stay_as_written('a head that was signed is never removed')

CREATE TRIGGER head_is_not_removed_at_once BEFORE TRUNCATE ON log_head FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a head that was signed is never removed')

CREATE TRIGGER tile_only_grows BEFORE UPDATE OF epoch, level, number, hashes ON log_tile FOR EACH ROW WHEN (substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes OR NEW.level <> OLD.level OR NEW.number <> OLD.number OR NEW.epoch <> OLD.epoch) EXECUTE FUNCTION stay_as_written('a hash in the tree is never changed')

CREATE TRIGGER tile_is_not_removed BEFORE DELETE ON log_tile FOR EACH ROW EXECUTE FUNCTION stay_as_written('a tile is never removed')

CREATE TRIGGER tile_is_not_removed_at_once BEFORE TRUNCATE ON log_tile FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a tile is never removed')

CREATE TRIGGER kept_once_is_not_changed BEFORE UPDATE ON kept_once FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a decision rests on is never changed')

CREATE TRIGGER kept_once_is_not_removed BEFORE DELETE ON kept_once FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a decision rests on is never removed')

CREATE TRIGGER kept_once_is_not_removed_at_once BEFORE TRUNCATE ON kept_once FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('what a decision rests on is never removed')

CREATE TRIGGER mandate_is_kept BEFORE UPDATE OF id, public_id, scheme, versions, owner, issuer, max_level, since, until, recorded_at, recorded_by ON mandate FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a mandate says is never changed; a decision about it is an event')

CREATE TRIGGER mandate_stays BEFORE DELETE ON mandate FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a mandate says is never changed; a decision about it is an event')

CREATE TRIGGER mandate_stays_at_once BEFORE TRUNCATE ON mandate FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('what a mandate says is never changed; a decision about it is an event')

CREATE TRIGGER mandate_event_is_kept BEFORE UPDATE ON mandate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never changed')

CREATE TRIGGER mandate_event_stays BEFORE DELETE ON mandate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER mandate_event_stays_at_once BEFORE TRUNCATE ON mandate_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER occasion_event_is_not_changed BEFORE UPDATE ON occasion_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('the history of an occasion is never changed')

CREATE TRIGGER occasion_event_is_not_removed BEFORE DELETE ON occasion_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('the history of an occasion is never removed')

CREATE TRIGGER occasion_event_is_not_removed_at_once BEFORE TRUNCATE ON occasion_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('the history of an occasion is never removed')

CREATE TRIGGER organisation_certificate_is_kept BEFORE UPDATE ON organisation_certificate FOR EACH ROW EXECUTE FUNCTION stay_as_written('a certificate is never changed')

CREATE TRIGGER organisation_certificate_stays BEFORE DELETE ON organisation_certificate FOR EACH ROW EXECUTE FUNCTION stay_as_written('a certificate is never removed')

CREATE TRIGGER organisation_certificate_stays_at_once BEFORE TRUNCATE ON organisation_certificate FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a certificate is never removed')

CREATE TRIGGER organisation_certificate_event_is_kept BEFORE UPDATE ON organisation_certificate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never changed')

CREATE TRIGGER organisation_certificate_event_stays BEFORE DELETE ON organisation_certificate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER organisation_certificate_event_stays_at_once BEFORE TRUNCATE ON organisation_certificate_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER person_event_is_not_changed BEFORE UPDATE ON person_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never changed')

CREATE TRIGGER person_event_is_not_removed BEFORE DELETE ON person_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER person_event_is_not_removed_at_once BEFORE TRUNCATE ON person_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER former_name_is_not_changed BEFORE UPDATE ON former_name FOR EACH ROW EXECUTE FUNCTION stay_as_written('a former name is never changed')

CREATE TRIGGER person_is_not_removed BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION stay_as_written('a record of a person keeps its id for ever')

CREATE TRIGGER person_is_not_removed_at_once BEFORE TRUNCATE ON person FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a record of a person keeps its id for ever')

CREATE TRIGGER recognition_is_kept BEFORE UPDATE OF id, public_id, scheme, accepts, versions, min_level, issued_from, issued_until, accepted_from, accepted_until, required_classes, class_map, condition, recorded_at, recorded_by ON recognition FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a recognition says is never changed; a decision about it is an event')

CREATE TRIGGER recognition_stays BEFORE DELETE ON recognition FOR EACH ROW EXECUTE FUNCTION stay_as_written('what a recognition says is never changed; a decision about it is an event')

CREATE TRIGGER recognition_stays_at_once BEFORE TRUNCATE ON recognition FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('what a recognition says is never changed; a decision about it is an event')

CREATE TRIGGER recognition_event_is_kept BEFORE UPDATE ON recognition_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never changed')

CREATE TRIGGER recognition_event_stays BEFORE DELETE ON recognition_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER recognition_event_stays_at_once BEFORE TRUNCATE ON recognition_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER scheme_version_is_kept BEFORE UPDATE OF id, code, version, owner, max_level, target_level, published_on, document, recorded_at, recorded_by ON scheme_version FOR EACH ROW EXECUTE FUNCTION stay_as_written('a published version is never changed: certificates refer to it')

CREATE TRIGGER scheme_version_stays BEFORE DELETE ON scheme_version FOR EACH ROW EXECUTE FUNCTION stay_as_written('a published version is never changed: certificates refer to it')

CREATE TRIGGER scheme_version_stays_at_once BEFORE TRUNCATE ON scheme_version FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a published version is never changed: certificates refer to it')

CREATE TRIGGER scheme_event_is_kept BEFORE UPDATE ON scheme_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never changed')

CREATE TRIGGER scheme_event_stays BEFORE DELETE ON scheme_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER scheme_event_stays_at_once BEFORE TRUNCATE ON scheme_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an event is never removed')

CREATE TRIGGER survivors_are_not_changed BEFORE UPDATE ON surviving_codes FOR EACH ROW EXECUTE FUNCTION stay_as_written('what survives a stolen key is never changed')

CREATE TRIGGER survivors_are_not_removed BEFORE DELETE ON surviving_codes FOR EACH ROW EXECUTE FUNCTION stay_as_written('what survives a stolen key is never removed')

CREATE TRIGGER survivors_are_not_removed_at_once BEFORE TRUNCATE ON surviving_codes FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('what survives a stolen key is never removed')
