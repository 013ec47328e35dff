-- From version 0002 of the tables to 0003. Statements stand apart by a blank line.

DROP TRIGGER batch_event_is_not_changed ON batch_event

DROP TRIGGER batch_event_is_not_removed ON batch_event

DROP TRIGGER batch_event_is_not_removed_at_once ON batch_event

DROP TRIGGER batch_evidence_is_not_changed ON batch_evidence

DROP TRIGGER batch_evidence_is_not_removed ON batch_evidence

DROP TRIGGER batch_evidence_is_not_removed_at_once ON batch_evidence

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

CREATE TABLE kept_once (
    digest VARCHAR COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (digest)
)

INSERT INTO kept_once (digest, text)
SELECT encode(sha256(convert_to(text, 'UTF8')), 'hex'), text
FROM (SELECT evidence AS text FROM issued_certificate UNION SELECT assessment FROM issued_certificate UNION SELECT evidence FROM batch_evidence) t

DROP INDEX ix_batch_occasion_id

DROP INDEX ix_batch_event_batch_id

DROP INDEX ix_batch_row_batch_id

DROP INDEX ix_certificate_event_certificate_id

DROP INDEX ix_holder_notice_certificate_id

DROP INDEX ix_holder_notice_handover

DROP INDEX ix_holder_notice_person_id

CREATE INDEX notice_by_handover ON holder_notice (handover) WHERE handover IS NOT NULL

UPDATE issued_certificate SET
    evidence = encode(sha256(convert_to(evidence, 'UTF8')), 'hex'),
    assessment = encode(sha256(convert_to(assessment, 'UTF8')), 'hex')

ALTER TABLE issued_certificate ALTER COLUMN assessment TYPE VARCHAR COLLATE "C"

ALTER TABLE issued_certificate ALTER COLUMN evidence TYPE VARCHAR COLLATE "C"

ALTER TABLE issued_certificate DROP CONSTRAINT issued_certificate_corrects_key

DROP INDEX ix_issued_certificate_kid

DROP INDEX ix_issued_certificate_occasion_id

DROP INDEX ix_issued_certificate_renews

CREATE INDEX certificate_of_occasion ON issued_certificate (occasion_id, person_id)

CREATE INDEX certificate_that_renews ON issued_certificate (renews) WHERE renews IS NOT NULL

CREATE UNIQUE INDEX certificate_that_corrects ON issued_certificate (corrects) WHERE corrects IS NOT NULL

ALTER TABLE issued_certificate ADD FOREIGN KEY(assessment) REFERENCES kept_once (digest)

ALTER TABLE issued_certificate ADD FOREIGN KEY(evidence) REFERENCES kept_once (digest)

DROP TABLE batch_evidence

ALTER TABLE issued_certificate ALTER COLUMN vc_jwt SET STORAGE EXTERNAL

CREATE OR REPLACE FUNCTION stay_as_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$

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

CREATE TRIGGER result_is_not_changed BEFORE UPDATE ON exam_result FOR EACH ROW EXECUTE FUNCTION stay_as_written('an exam result is never changed')

CREATE TRIGGER scheme_extension_is_kept BEFORE UPDATE OF id, public_id, scheme, versions, ends_from, ends_until, months, until, decided_on, decision, recorded_at, recorded_by ON scheme_extension FOR EACH ROW EXECUTE FUNCTION stay_as_written('a decision is never changed; it is withdrawn, and another recorded')

CREATE TRIGGER scheme_extension_stays BEFORE DELETE ON scheme_extension FOR EACH ROW EXECUTE FUNCTION stay_as_written('a decision is never changed; it is withdrawn, and another recorded')

CREATE TRIGGER scheme_extension_stays_at_once BEFORE TRUNCATE ON scheme_extension FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a decision is never changed; it is withdrawn, and another recorded')

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
