-- From version 0002 of the tables to 0003. Statements stand apart by a blank line.

DROP TRIGGER batch_event_is_not_changed

DROP TRIGGER batch_event_is_not_removed

DROP TRIGGER batch_evidence_is_not_changed

DROP TRIGGER batch_evidence_is_not_removed

DROP TRIGGER batch_is_not_removed

DROP TRIGGER batch_row_is_not_removed

DROP TRIGGER certificate_is_not_changed

DROP TRIGGER certificate_is_not_removed

DROP TRIGGER correction_is_not_changed

DROP TRIGGER correction_is_not_removed

DROP TRIGGER event_is_not_changed

DROP TRIGGER event_is_not_removed

DROP TRIGGER former_name_is_not_changed

DROP TRIGGER mandate_event_is_kept

DROP TRIGGER mandate_event_stays

DROP TRIGGER mandate_is_kept

DROP TRIGGER mandate_stays

DROP TRIGGER occasion_event_is_not_changed

DROP TRIGGER occasion_event_is_not_removed

DROP TRIGGER person_event_is_not_changed

DROP TRIGGER person_event_is_not_removed

DROP TRIGGER person_is_not_removed

DROP TRIGGER result_is_not_changed

DROP TRIGGER scheme_event_is_kept

DROP TRIGGER scheme_event_stays

DROP TRIGGER scheme_extension_is_kept

DROP TRIGGER scheme_extension_stays

DROP TRIGGER scheme_version_is_kept

DROP TRIGGER scheme_version_stays

DROP TRIGGER sheet_line_is_not_changed

DROP TRIGGER slot_is_not_given_back

CREATE TABLE kept_once (
    digest VARCHAR NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (digest)
)

INSERT INTO kept_once (digest, text)
SELECT sha256_hex(text), text
FROM (SELECT evidence AS text FROM issued_certificate UNION SELECT assessment FROM issued_certificate UNION SELECT evidence FROM batch_evidence)

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
    evidence VARCHAR NOT NULL,
    assessment VARCHAR NOT NULL,
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
    UNIQUE (status_list, status_index),
    FOREIGN KEY(assessment) REFERENCES kept_once (digest),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    FOREIGN KEY(corrects) REFERENCES issued_certificate (number),
    FOREIGN KEY(evidence) REFERENCES kept_once (digest),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    FOREIGN KEY(renews) REFERENCES issued_certificate (number),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

INSERT INTO new_issued_certificate (id, number, person_id, occasion_id, batch_id, scheme, scheme_version, level, edition, issuer, kid, holder_name, vc_jwt, facts, evidence, assessment, status_list, status_index, issued_at, valid_from, valid_until, time_zone, corrects, renews, state)
SELECT id, number, person_id, occasion_id, batch_id, scheme, scheme_version, level, edition, issuer, kid, holder_name, vc_jwt, facts, sha256_hex(evidence), sha256_hex(assessment), status_list, status_index, issued_at, valid_from, valid_until, time_zone, corrects, renews, state FROM issued_certificate

DROP TABLE issued_certificate

ALTER TABLE new_issued_certificate RENAME TO issued_certificate

DROP TABLE batch_evidence

DROP INDEX ix_batch_event_batch_id

DROP INDEX ix_batch_occasion_id

DROP INDEX ix_batch_row_batch_id

DROP INDEX ix_certificate_event_certificate_id

DROP INDEX ix_holder_notice_certificate_id

DROP INDEX ix_holder_notice_handover

DROP INDEX ix_holder_notice_person_id

CREATE INDEX certificate_by_issuer ON issued_certificate (issuer, id)

CREATE INDEX certificate_by_scheme ON issued_certificate (scheme, id)

CREATE INDEX certificate_by_state ON issued_certificate (state, id)

CREATE INDEX certificate_of_occasion ON issued_certificate (occasion_id, person_id)

CREATE INDEX certificate_of_person ON issued_certificate (person_id, scheme)

CREATE UNIQUE INDEX certificate_that_corrects ON issued_certificate (corrects) WHERE corrects IS NOT NULL

CREATE INDEX certificate_that_renews ON issued_certificate (renews) WHERE renews IS NOT NULL

CREATE INDEX ix_issued_certificate_batch_id ON issued_certificate (batch_id)

CREATE UNIQUE INDEX ix_issued_certificate_number ON issued_certificate (number)

CREATE INDEX ix_issued_certificate_valid_until ON issued_certificate (valid_until)

CREATE INDEX notice_by_handover ON holder_notice (handover) WHERE handover IS NOT NULL

CREATE UNIQUE INDEX one_per_person_and_occasion ON issued_certificate (person_id, occasion_id) WHERE state NOT IN ('annulled', 'superseded')

CREATE TRIGGER sheet_line_is_not_changed BEFORE UPDATE ON attendance_entry BEGIN SELECT RAISE(ABORT, 'a line of a sign-in sheet is never changed'); END

CREATE TRIGGER batch_event_is_not_changed BEFORE UPDATE ON batch_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END

CREATE TRIGGER batch_event_is_not_removed BEFORE DELETE ON batch_event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END

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

CREATE TRIGGER kept_once_is_not_changed BEFORE UPDATE ON kept_once BEGIN SELECT RAISE(ABORT, 'what a decision rests on is never changed'); END

CREATE TRIGGER kept_once_is_not_removed BEFORE DELETE ON kept_once BEGIN SELECT RAISE(ABORT, 'what a decision rests on is never removed'); END

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
