-- From version 0003 of the tables to 0004. Statements stand apart by a blank line.

DROP TRIGGER batch_event_is_not_changed

DROP TRIGGER batch_event_is_not_removed

DROP TRIGGER batch_is_not_removed

DROP TRIGGER batch_row_is_not_removed

DROP TRIGGER certificate_is_not_changed

DROP TRIGGER certificate_is_not_removed

DROP TRIGGER correction_is_not_changed

DROP TRIGGER correction_is_not_removed

DROP TRIGGER event_is_not_changed

DROP TRIGGER event_is_not_removed

DROP TRIGGER former_name_is_not_changed

DROP TRIGGER kept_once_is_not_changed

DROP TRIGGER kept_once_is_not_removed

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

CREATE TABLE new_organisation (
    id CHAR(32) NOT NULL,
    slug VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    sector_body BOOLEAN NOT NULL,
    registered_on DATE NOT NULL,
    struck_off_on DATE,
    closed_on DATE,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id)
)

INSERT INTO new_organisation (id, slug, name, country, kind, sector_body, registered_on, struck_off_on, recorded_at, recorded_by)
SELECT id, slug, name, country, kind, sector_body, registered_on, struck_off_on, recorded_at, recorded_by FROM organisation

DROP TABLE organisation

ALTER TABLE new_organisation RENAME TO organisation

CREATE TABLE problem_report (
    id CHAR(32) NOT NULL,
    received_at DATETIME NOT NULL,
    noticed_at DATETIME NOT NULL,
    reason VARCHAR NOT NULL,
    number VARCHAR,
    headline VARCHAR,
    codes JSON NOT NULL,
    note VARCHAR,
    closed_at DATETIME,
    closed_by VARCHAR,
    closed_because VARCHAR,
    PRIMARY KEY (id),
    CONSTRAINT report_reason_is_known CHECK (reason IN ('not_the_holder', 'looks_forged', 'facts_differ', 'answer_wrong', 'cannot_scan', 'other'))
)

CREATE TABLE organisation_design (
    organisation VARCHAR NOT NULL,
    accent VARCHAR,
    logo BLOB,
    logo_width INTEGER,
    logo_height INTEGER,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (organisation),
    FOREIGN KEY(organisation) REFERENCES organisation (slug)
)

CREATE TABLE new_signing_key (
    id CHAR(32) NOT NULL,
    kid VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    organisation VARCHAR,
    algorithm VARCHAR NOT NULL,
    public_key BLOB NOT NULL,
    sealed_private_key BLOB,
    not_before DATETIME NOT NULL,
    not_after DATETIME,
    retired_at DATETIME,
    compromised_since DATETIME,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(organisation) REFERENCES organisation (slug)
)

INSERT INTO new_signing_key (id, kid, purpose, organisation, algorithm, public_key, sealed_private_key, not_before, not_after, retired_at, compromised_since, recorded_at, recorded_by)
SELECT id, kid, purpose, organisation, algorithm, public_key, sealed_private_key, not_before, not_after, retired_at, compromised_since, recorded_at, recorded_by FROM signing_key

DROP TABLE signing_key

ALTER TABLE new_signing_key RENAME TO signing_key

CREATE TABLE log_epoch (
    number INTEGER NOT NULL,
    origin VARCHAR NOT NULL,
    kid VARCHAR NOT NULL,
    began_at DATETIME NOT NULL,
    reason VARCHAR,
    PRIMARY KEY (number),
    UNIQUE (kid),
    UNIQUE (origin),
    FOREIGN KEY(kid) REFERENCES signing_key (kid)
)

CREATE TABLE new_mandate (
    id CHAR(32) NOT NULL,
    public_id VARCHAR NOT NULL,
    scheme VARCHAR NOT NULL,
    versions JSON,
    owner VARCHAR NOT NULL,
    issuer VARCHAR NOT NULL,
    max_level VARCHAR NOT NULL,
    since DATE NOT NULL,
    until DATE,
    suspended_from DATE,
    suspended_until DATE,
    also_suspended JSON,
    withdrawn_from DATE,
    reason VARCHAR,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(owner) REFERENCES organisation (slug),
    FOREIGN KEY(scheme) REFERENCES scheme (code)
)

INSERT INTO new_mandate (id, public_id, scheme, versions, owner, issuer, max_level, since, until, suspended_from, suspended_until, withdrawn_from, reason, recorded_at, recorded_by)
SELECT id, public_id, scheme, versions, owner, issuer, max_level, since, until, suspended_from, suspended_until, withdrawn_from, reason, recorded_at, recorded_by FROM mandate

DROP TABLE mandate

ALTER TABLE new_mandate RENAME TO mandate

CREATE TABLE organisation_to_sign (
    asked VARCHAR NOT NULL,
    about VARCHAR NOT NULL,
    issuer VARCHAR NOT NULL,
    given TEXT,
    approval VARCHAR,
    number VARCHAR NOT NULL,
    kid VARCHAR NOT NULL,
    signed_part TEXT NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    made_at DATETIME NOT NULL,
    PRIMARY KEY (asked),
    UNIQUE (about),
    UNIQUE (number),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE TABLE recognition (
    id CHAR(32) NOT NULL,
    public_id VARCHAR NOT NULL,
    scheme VARCHAR NOT NULL,
    accepts VARCHAR NOT NULL,
    versions JSON,
    min_level VARCHAR,
    issued_from DATE,
    issued_until DATE,
    accepted_from DATE NOT NULL,
    accepted_until DATE,
    required_classes JSON NOT NULL,
    class_map JSON NOT NULL,
    condition JSON,
    withdrawn_from DATE,
    reason VARCHAR,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(accepts) REFERENCES scheme (code),
    FOREIGN KEY(scheme) REFERENCES scheme (code)
)

CREATE TABLE seal_certificate (
    kid VARCHAR NOT NULL,
    certificate BLOB NOT NULL,
    not_after DATETIME NOT NULL,
    PRIMARY KEY (kid),
    FOREIGN KEY(kid) REFERENCES signing_key (kid)
)

CREATE TABLE surviving_codes (
    kid VARCHAR NOT NULL,
    spans JSON NOT NULL,
    digests BLOB NOT NULL,
    made_at DATETIME NOT NULL,
    PRIMARY KEY (kid),
    FOREIGN KEY(kid) REFERENCES signing_key (kid)
)

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
    CONSTRAINT batch_state_is_known CHECK (state IN ('received', 'checked', 'waiting', 'issuing', 'signing', 'done', 'held', 'cancelled', 'failed'))
)

INSERT INTO new_batch (id, public_id, occasion_id, issuer, digest, headers, wish, asked, good_rows, at_attained, edition, ceiling, four_eyes, content, state, reason, detail, rows, pending, issued, already, refused, faults, changes, created_at, created_by, changed_at)
SELECT id, public_id, occasion_id, issuer, digest, headers, wish, asked, good_rows, at_attained, edition, ceiling, four_eyes, content, state, reason, detail, rows, pending, issued, already, refused, faults, changes, created_at, created_by, changed_at FROM batch

DROP TABLE batch

ALTER TABLE new_batch RENAME TO batch

CREATE TABLE log_entry (
    id CHAR(32) NOT NULL,
    kind VARCHAR NOT NULL,
    entry BLOB NOT NULL,
    salt BLOB,
    epoch INTEGER,
    log_index INTEGER,
    PRIMARY KEY (id),
    UNIQUE (epoch, log_index),
    FOREIGN KEY(epoch) REFERENCES log_epoch (number)
)

CREATE TABLE log_head (
    epoch INTEGER NOT NULL,
    size INTEGER NOT NULL,
    extends INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL,
    signed_at DATETIME NOT NULL,
    PRIMARY KEY (epoch, size),
    UNIQUE (epoch, extends),
    FOREIGN KEY(epoch) REFERENCES log_epoch (number)
)

CREATE TABLE log_tile (
    epoch INTEGER NOT NULL,
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (epoch, level, number),
    FOREIGN KEY(epoch) REFERENCES log_epoch (number)
)

CREATE TABLE new_mandate_event (
    id CHAR(32) NOT NULL,
    mandate_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    from_day DATE NOT NULL,
    until_day DATE,
    reason VARCHAR,
    actor VARCHAR NOT NULL,
    approval VARCHAR,
    beside BOOLEAN,
    PRIMARY KEY (id),
    UNIQUE (mandate_id, place),
    FOREIGN KEY(approval) REFERENCES approval (public_id),
    FOREIGN KEY(mandate_id) REFERENCES mandate (id)
)

INSERT INTO new_mandate_event (id, mandate_id, place, kind, at, from_day, until_day, reason, actor)
SELECT id, mandate_id, place, kind, at, from_day, until_day, reason, actor FROM mandate_event

DROP TABLE mandate_event

ALTER TABLE new_mandate_event RENAME TO mandate_event

CREATE TABLE organisation_certificate (
    id CHAR(32) NOT NULL,
    number VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    holder VARCHAR NOT NULL,
    issuer VARCHAR NOT NULL,
    kid VARCHAR NOT NULL,
    mandate VARCHAR,
    vc_jwt TEXT NOT NULL,
    facts TEXT NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    issued_at DATETIME NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    time_zone VARCHAR NOT NULL,
    replaces VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (mandate),
    UNIQUE (replaces),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(holder) REFERENCES organisation (slug),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(mandate) REFERENCES mandate (public_id),
    FOREIGN KEY(replaces) REFERENCES organisation_certificate (number),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE TABLE recognition_event (
    id CHAR(32) NOT NULL,
    recognition_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    from_day DATE NOT NULL,
    until_day DATE,
    reason VARCHAR,
    actor VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (recognition_id, place),
    FOREIGN KEY(recognition_id) REFERENCES recognition (id)
)

CREATE TABLE accreditation (
    id CHAR(32) NOT NULL,
    public_id VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    applicant VARCHAR NOT NULL,
    standard VARCHAR NOT NULL,
    edition VARCHAR NOT NULL,
    scope JSON NOT NULL,
    state VARCHAR NOT NULL,
    certificate VARCHAR,
    surveillance_months INTEGER,
    applied_at DATETIME NOT NULL,
    applied_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (certificate),
    FOREIGN KEY(applicant) REFERENCES organisation (slug),
    FOREIGN KEY(body) REFERENCES organisation (slug),
    FOREIGN KEY(certificate) REFERENCES organisation_certificate (number)
)

CREATE TABLE new_batch_event (
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
    CONSTRAINT event_is_known CHECK (kind IN ('received', 'checked', 'waiting', 'issuing', 'signing', 'done', 'held', 'cancelled', 'failed'))
)

INSERT INTO new_batch_event (id, batch_id, place, kind, at, actor, reason, note)
SELECT id, batch_id, place, kind, at, actor, reason, note FROM batch_event

DROP TABLE batch_event

ALTER TABLE new_batch_event RENAME TO batch_event

CREATE TABLE new_declaration (
    id CHAR(32) NOT NULL,
    organisation VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    declared_on DATE NOT NULL,
    number INTEGER,
    word VARCHAR,
    valid_until DATE,
    evidence VARCHAR,
    confirmed_by VARCHAR,
    certificate VARCHAR,
    withdrawn_on DATE,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(certificate) REFERENCES organisation_certificate (number),
    FOREIGN KEY(confirmed_by) REFERENCES organisation (slug),
    FOREIGN KEY(organisation) REFERENCES organisation (slug)
)

INSERT INTO new_declaration (id, organisation, kind, declared_on, number, word, valid_until, evidence, confirmed_by, withdrawn_on, recorded_at, recorded_by)
SELECT id, organisation, kind, declared_on, number, word, valid_until, evidence, confirmed_by, withdrawn_on, recorded_at, recorded_by FROM declaration

DROP TABLE declaration

ALTER TABLE new_declaration RENAME TO declaration

CREATE TABLE organisation_certificate_event (
    id CHAR(32) NOT NULL,
    certificate_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    from_day DATE NOT NULL,
    until_day DATE,
    reason VARCHAR,
    note VARCHAR,
    actor VARCHAR NOT NULL,
    approval VARCHAR,
    successor VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (certificate_id, place),
    FOREIGN KEY(approval) REFERENCES approval (public_id),
    FOREIGN KEY(certificate_id) REFERENCES organisation_certificate (id),
    FOREIGN KEY(successor) REFERENCES organisation_certificate (number)
)

CREATE TABLE print_order (
    id CHAR(32) NOT NULL,
    public_id VARCHAR NOT NULL,
    batch_id CHAR(32) NOT NULL,
    page VARCHAR NOT NULL,
    lang VARCHAR NOT NULL,
    public_url VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    "of" INTEGER NOT NULL,
    done INTEGER NOT NULL,
    unprintable JSON NOT NULL,
    fault VARCHAR,
    requested_by VARCHAR NOT NULL,
    requested_at DATETIME NOT NULL,
    ended_at DATETIME,
    PRIMARY KEY (id),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    CONSTRAINT print_order_state_is_known CHECK (state IN ('waiting', 'done', 'failed', 'removed'))
)

CREATE TABLE accreditation_document (
    id CHAR(32) NOT NULL,
    accreditation_id CHAR(32) NOT NULL,
    name VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    added_at DATETIME NOT NULL,
    added_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (accreditation_id, sha256),
    FOREIGN KEY(accreditation_id) REFERENCES accreditation (id)
)

CREATE TABLE accreditation_event (
    id CHAR(32) NOT NULL,
    accreditation_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    actor VARCHAR NOT NULL,
    reason VARCHAR,
    from_day DATE,
    until_day DATE,
    about VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (accreditation_id, place),
    FOREIGN KEY(accreditation_id) REFERENCES accreditation (id)
)

CREATE TABLE correction_to_sign (
    corrects VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    kid VARCHAR NOT NULL,
    content VARCHAR NOT NULL,
    asked JSON NOT NULL,
    note VARCHAR NOT NULL,
    signed_part TEXT NOT NULL,
    facts TEXT NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    made_at DATETIME NOT NULL,
    PRIMARY KEY (corrects),
    UNIQUE (number),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(corrects) REFERENCES issued_certificate (number),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE TABLE reissue_to_sign (
    corrects VARCHAR NOT NULL,
    approval VARCHAR NOT NULL,
    content VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    kid VARCHAR NOT NULL,
    signed_part TEXT NOT NULL,
    facts TEXT NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    made_at DATETIME NOT NULL,
    PRIMARY KEY (corrects),
    UNIQUE (number),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(approval) REFERENCES approval (public_id),
    FOREIGN KEY(corrects) REFERENCES issued_certificate (number),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE TABLE to_sign (
    row_id CHAR(32) NOT NULL,
    batch_id CHAR(32) NOT NULL,
    "row" INTEGER NOT NULL,
    number VARCHAR NOT NULL,
    kid VARCHAR NOT NULL,
    content VARCHAR,
    signed_part TEXT NOT NULL,
    facts TEXT NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    made_at DATETIME NOT NULL,
    PRIMARY KEY (row_id),
    UNIQUE (number),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    FOREIGN KEY(kid) REFERENCES signing_key (kid),
    FOREIGN KEY(row_id) REFERENCES batch_row (id),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index)
)

CREATE INDEX batch_by_occasion_and_digest ON batch (occasion_id, digest)

CREATE INDEX ix_accreditation_applicant ON accreditation (applicant)

CREATE INDEX ix_accreditation_body ON accreditation (body)

CREATE INDEX ix_accreditation_document_accreditation_id ON accreditation_document (accreditation_id)

CREATE INDEX ix_accreditation_event_accreditation_id ON accreditation_event (accreditation_id)

CREATE UNIQUE INDEX ix_accreditation_public_id ON accreditation (public_id)

CREATE INDEX ix_batch_issuer ON batch (issuer)

CREATE UNIQUE INDEX ix_batch_public_id ON batch (public_id)

CREATE INDEX ix_batch_state ON batch (state)

CREATE INDEX ix_declaration_certificate ON declaration (certificate)

CREATE INDEX ix_declaration_organisation ON declaration (organisation)

CREATE INDEX ix_mandate_event_mandate_id ON mandate_event (mandate_id)

CREATE INDEX ix_mandate_issuer ON mandate (issuer)

CREATE UNIQUE INDEX ix_mandate_public_id ON mandate (public_id)

CREATE INDEX ix_mandate_scheme ON mandate (scheme)

CREATE INDEX ix_organisation_certificate_event_certificate_id ON organisation_certificate_event (certificate_id)

CREATE INDEX ix_organisation_certificate_holder ON organisation_certificate (holder)

CREATE INDEX ix_organisation_certificate_issuer ON organisation_certificate (issuer)

CREATE UNIQUE INDEX ix_organisation_certificate_number ON organisation_certificate (number)

CREATE UNIQUE INDEX ix_organisation_slug ON organisation (slug)

CREATE INDEX ix_print_order_batch_id ON print_order (batch_id)

CREATE UNIQUE INDEX ix_print_order_public_id ON print_order (public_id)

CREATE INDEX ix_print_order_state ON print_order (state)

CREATE INDEX ix_problem_report_number ON problem_report (number)

CREATE INDEX ix_recognition_accepts ON recognition (accepts)

CREATE INDEX ix_recognition_event_recognition_id ON recognition_event (recognition_id)

CREATE UNIQUE INDEX ix_recognition_public_id ON recognition (public_id)

CREATE INDEX ix_recognition_scheme ON recognition (scheme)

CREATE INDEX ix_reissue_to_sign_approval ON reissue_to_sign (approval)

CREATE UNIQUE INDEX ix_signing_key_kid ON signing_key (kid)

CREATE INDEX ix_signing_key_organisation ON signing_key (organisation)

CREATE INDEX ix_to_sign_batch_id ON to_sign (batch_id)

CREATE INDEX log_entry_that_waits ON log_entry (id) WHERE log_index IS NULL

CREATE UNIQUE INDEX one_batch_per_list ON batch (occasion_id, digest, wish) WHERE state NOT IN ('done', 'cancelled')

CREATE INDEX problem_report_open ON problem_report (closed_at, received_at)

CREATE TRIGGER accreditation_is_kept BEFORE UPDATE OF id, public_id, body, applicant, standard, edition, scope, applied_at, applied_by ON accreditation BEGIN SELECT RAISE(ABORT, 'what was applied for is never changed'); END

CREATE TRIGGER accreditation_stays BEFORE DELETE ON accreditation BEGIN SELECT RAISE(ABORT, 'an application is never removed'); END

CREATE TRIGGER accreditation_document_is_kept BEFORE UPDATE ON accreditation_document BEGIN SELECT RAISE(ABORT, 'what was handed in is never changed'); END

CREATE TRIGGER accreditation_document_stays BEFORE DELETE ON accreditation_document BEGIN SELECT RAISE(ABORT, 'what was handed in is never removed'); END

CREATE TRIGGER accreditation_event_is_kept BEFORE UPDATE ON accreditation_event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END

CREATE TRIGGER accreditation_event_stays BEFORE DELETE ON accreditation_event BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END

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

CREATE TRIGGER entry_is_not_changed BEFORE UPDATE OF id, kind, entry ON log_entry BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END

CREATE TRIGGER entry_is_not_removed BEFORE DELETE ON log_entry BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END

CREATE TRIGGER entry_stays_in_its_place BEFORE UPDATE OF epoch, log_index ON log_entry WHEN OLD.log_index IS NOT NULL BEGIN SELECT RAISE(ABORT, 'an entry stays where it stands'); END

CREATE TRIGGER salt_is_only_erased BEFORE UPDATE OF salt ON log_entry WHEN NEW.salt IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a salt is erased, never changed'); END

CREATE TRIGGER result_is_not_changed BEFORE UPDATE ON exam_result BEGIN SELECT RAISE(ABORT, 'an exam result is never changed'); END

CREATE TRIGGER scheme_extension_is_kept BEFORE UPDATE OF id, public_id, scheme, versions, ends_from, ends_until, months, until, decided_on, decision, recorded_at, recorded_by ON scheme_extension BEGIN SELECT RAISE(ABORT, 'a decision is never changed; it is withdrawn, and another recorded'); END

CREATE TRIGGER scheme_extension_stays BEFORE DELETE ON scheme_extension BEGIN SELECT RAISE(ABORT, 'a decision is never changed; it is withdrawn, and another recorded'); END

CREATE TRIGGER epoch_is_not_changed BEFORE UPDATE ON log_epoch BEGIN SELECT RAISE(ABORT, 'what a log was begun with is never changed'); END

CREATE TRIGGER epoch_is_not_removed BEFORE DELETE ON log_epoch BEGIN SELECT RAISE(ABORT, 'a log is never removed'); END

CREATE TRIGGER head_is_not_changed BEFORE UPDATE ON log_head BEGIN SELECT RAISE(ABORT, 'a head that was signed is never changed'); END

CREATE TRIGGER head_is_not_removed BEFORE DELETE ON log_head BEGIN SELECT RAISE(ABORT, 'a head that was signed is never removed'); END

CREATE TRIGGER tile_only_grows BEFORE UPDATE OF epoch, level, number, hashes ON log_tile WHEN substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes OR NEW.level <> OLD.level OR NEW.number <> OLD.number OR NEW.epoch <> OLD.epoch BEGIN SELECT RAISE(ABORT, 'a hash in the tree is never changed'); END

CREATE TRIGGER tile_is_not_removed BEFORE DELETE ON log_tile BEGIN SELECT RAISE(ABORT, 'a tile is never removed'); END

CREATE TRIGGER kept_once_is_not_changed BEFORE UPDATE ON kept_once BEGIN SELECT RAISE(ABORT, 'what a decision rests on is never changed'); END

CREATE TRIGGER kept_once_is_not_removed BEFORE DELETE ON kept_once BEGIN SELECT RAISE(ABORT, 'what a decision rests on is never removed'); END

CREATE TRIGGER mandate_is_kept BEFORE UPDATE OF id, public_id, scheme, versions, owner, issuer, max_level, since, until, recorded_at, recorded_by ON mandate BEGIN SELECT RAISE(ABORT, 'what a mandate says is never changed; a decision about it is an event'); END

CREATE TRIGGER mandate_stays BEFORE DELETE ON mandate BEGIN SELECT RAISE(ABORT, 'what a mandate says is never changed; a decision about it is an event'); END

CREATE TRIGGER mandate_event_is_kept BEFORE UPDATE ON mandate_event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END

CREATE TRIGGER mandate_event_stays BEFORE DELETE ON mandate_event BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END

CREATE TRIGGER occasion_event_is_not_changed BEFORE UPDATE ON occasion_event BEGIN SELECT RAISE(ABORT, 'the history of an occasion is never changed'); END

CREATE TRIGGER occasion_event_is_not_removed BEFORE DELETE ON occasion_event BEGIN SELECT RAISE(ABORT, 'the history of an occasion is never removed'); END

CREATE TRIGGER organisation_certificate_is_kept BEFORE UPDATE ON organisation_certificate BEGIN SELECT RAISE(ABORT, 'a certificate is never changed'); END

CREATE TRIGGER organisation_certificate_stays BEFORE DELETE ON organisation_certificate BEGIN SELECT RAISE(ABORT, 'a certificate is never removed'); END

CREATE TRIGGER organisation_certificate_event_is_kept BEFORE UPDATE ON organisation_certificate_event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END

CREATE TRIGGER organisation_certificate_event_stays BEFORE DELETE ON organisation_certificate_event BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END

CREATE TRIGGER person_event_is_not_changed BEFORE UPDATE ON person_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END

CREATE TRIGGER person_event_is_not_removed BEFORE DELETE ON person_event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END

CREATE TRIGGER former_name_is_not_changed BEFORE UPDATE ON former_name BEGIN SELECT RAISE(ABORT, 'a former name is never changed'); END

CREATE TRIGGER person_is_not_removed BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'a record of a person keeps its id for ever'); END

CREATE TRIGGER recognition_is_kept BEFORE UPDATE OF id, public_id, scheme, accepts, versions, min_level, issued_from, issued_until, accepted_from, accepted_until, required_classes, class_map, condition, recorded_at, recorded_by ON recognition BEGIN SELECT RAISE(ABORT, 'what a recognition says is never changed; a decision about it is an event'); END

CREATE TRIGGER recognition_stays BEFORE DELETE ON recognition BEGIN SELECT RAISE(ABORT, 'what a recognition says is never changed; a decision about it is an event'); END

CREATE TRIGGER recognition_event_is_kept BEFORE UPDATE ON recognition_event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END

CREATE TRIGGER recognition_event_stays BEFORE DELETE ON recognition_event BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END

CREATE TRIGGER scheme_version_is_kept BEFORE UPDATE OF id, code, version, owner, max_level, target_level, published_on, document, recorded_at, recorded_by ON scheme_version BEGIN SELECT RAISE(ABORT, 'a published version is never changed: certificates refer to it'); END

CREATE TRIGGER scheme_version_stays BEFORE DELETE ON scheme_version BEGIN SELECT RAISE(ABORT, 'a published version is never changed: certificates refer to it'); END

CREATE TRIGGER scheme_event_is_kept BEFORE UPDATE ON scheme_event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END

CREATE TRIGGER scheme_event_stays BEFORE DELETE ON scheme_event BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END

CREATE TRIGGER survivors_are_not_changed BEFORE UPDATE ON surviving_codes BEGIN SELECT RAISE(ABORT, 'what survives a stolen key is never changed'); END

CREATE TRIGGER survivors_are_not_removed BEFORE DELETE ON surviving_codes BEGIN SELECT RAISE(ABORT, 'what survives a stolen key is never removed'); END
