CREATE TABLE organisation (
    id CHAR(32) NOT NULL,
    slug VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    sector_body BOOLEAN NOT NULL,
    registered_on DATE NOT NULL,
    struck_off_on DATE,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id)
)

CREATE UNIQUE INDEX ix_organisation_slug ON organisation (slug)

CREATE TABLE person (
    id CHAR(32) NOT NULL,
    name VARCHAR NOT NULL,
    name_key VARCHAR NOT NULL,
    birth_date DATE,
    email VARCHAR,
    phone VARCHAR,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id)
)

CREATE INDEX person_by_name_and_birth_date ON person (name_key, birth_date)

CREATE TABLE revision (
    id INTEGER NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (id)
)

CREATE TABLE status_slot (
    list_number INTEGER NOT NULL,
    list_index INTEGER NOT NULL,
    reserved_at DATETIME NOT NULL,
    PRIMARY KEY (list_number, list_index)
)

CREATE TABLE declaration (
    id CHAR(32) NOT NULL,
    organisation VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    declared_on DATE NOT NULL,
    number INTEGER,
    word VARCHAR,
    valid_until DATE,
    evidence VARCHAR,
    confirmed_by VARCHAR,
    withdrawn_on DATE,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(organisation) REFERENCES organisation (slug),
    FOREIGN KEY(confirmed_by) REFERENCES organisation (slug)
)

CREATE INDEX ix_declaration_organisation ON declaration (organisation)

CREATE TABLE scheme (
    code VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (code),
    FOREIGN KEY(owner) REFERENCES organisation (slug)
)

CREATE INDEX ix_scheme_owner ON scheme (owner)

CREATE TABLE signing_key (
    id CHAR(32) NOT NULL,
    kid VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    organisation VARCHAR,
    algorithm VARCHAR NOT NULL,
    public_key BLOB NOT NULL,
    sealed_private_key BLOB NOT NULL,
    not_before DATETIME NOT NULL,
    not_after DATETIME,
    retired_at DATETIME,
    compromised_since DATETIME,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(organisation) REFERENCES organisation (slug)
)

CREATE UNIQUE INDEX ix_signing_key_kid ON signing_key (kid)

CREATE INDEX ix_signing_key_organisation ON signing_key (organisation)

CREATE TABLE tie (
    id CHAR(32) NOT NULL,
    kind VARCHAR NOT NULL,
    a VARCHAR NOT NULL,
    b VARCHAR NOT NULL,
    share_percent VARCHAR,
    since DATE,
    until DATE,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(a) REFERENCES organisation (slug),
    FOREIGN KEY(b) REFERENCES organisation (slug)
)

CREATE INDEX ix_tie_a ON tie (a)

CREATE INDEX ix_tie_b ON tie (b)

CREATE TABLE mandate (
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
    withdrawn_from DATE,
    reason VARCHAR,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(scheme) REFERENCES scheme (code),
    FOREIGN KEY(owner) REFERENCES organisation (slug),
    FOREIGN KEY(issuer) REFERENCES organisation (slug)
)

CREATE INDEX ix_mandate_issuer ON mandate (issuer)

CREATE UNIQUE INDEX ix_mandate_public_id ON mandate (public_id)

CREATE INDEX ix_mandate_scheme ON mandate (scheme)

CREATE TABLE occasion (
    id CHAR(32) NOT NULL,
    public_id VARCHAR NOT NULL,
    scheme VARCHAR NOT NULL,
    scheme_version VARCHAR NOT NULL,
    issuer VARCHAR NOT NULL,
    decided_on DATE NOT NULL,
    document JSON NOT NULL,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(scheme) REFERENCES scheme (code),
    FOREIGN KEY(issuer) REFERENCES organisation (slug)
)

CREATE INDEX ix_occasion_issuer ON occasion (issuer)

CREATE UNIQUE INDEX ix_occasion_public_id ON occasion (public_id)

CREATE INDEX ix_occasion_scheme ON occasion (scheme)

CREATE TABLE scheme_version (
    id CHAR(32) NOT NULL,
    code VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    max_level VARCHAR NOT NULL,
    target_level VARCHAR NOT NULL,
    published_on DATE NOT NULL,
    document JSON NOT NULL,
    recorded_at DATETIME NOT NULL,
    recorded_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code, version),
    FOREIGN KEY(code) REFERENCES scheme (code)
)

CREATE INDEX ix_scheme_version_code ON scheme_version (code)

CREATE TABLE batch (
    id CHAR(32) NOT NULL,
    occasion_id CHAR(32) NOT NULL,
    digest VARCHAR NOT NULL,
    wish VARCHAR NOT NULL,
    result JSON NOT NULL,
    created_at DATETIME NOT NULL,
    created_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE INDEX batch_by_occasion_and_digest ON batch (occasion_id, digest)

CREATE TABLE occasion_staff (
    id CHAR(32) NOT NULL,
    occasion_id CHAR(32) NOT NULL,
    person VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    last_on DATE,
    PRIMARY KEY (id),
    UNIQUE (occasion_id, person, role),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE INDEX ix_occasion_staff_occasion_id ON occasion_staff (occasion_id)

CREATE INDEX ix_occasion_staff_person ON occasion_staff (person)

CREATE TABLE batch_row (
    id CHAR(32) NOT NULL,
    batch_id CHAR(32) NOT NULL,
    occasion_id CHAR(32) NOT NULL,
    person_id CHAR(32) NOT NULL,
    "row" INTEGER NOT NULL,
    outcome VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    FOREIGN KEY(person_id) REFERENCES person (id)
)

CREATE INDEX ix_batch_row_batch_id ON batch_row (batch_id)

CREATE INDEX ix_batch_row_occasion_id ON batch_row (occasion_id)

CREATE INDEX ix_batch_row_person_id ON batch_row (person_id)

CREATE TABLE issued_certificate (
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
    state VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (status_list, status_index),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index),
    FOREIGN KEY(person_id) REFERENCES person (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(kid) REFERENCES signing_key (kid)
)

CREATE INDEX ix_issued_certificate_batch_id ON issued_certificate (batch_id)

CREATE INDEX ix_issued_certificate_issuer ON issued_certificate (issuer)

CREATE INDEX ix_issued_certificate_kid ON issued_certificate (kid)

CREATE UNIQUE INDEX ix_issued_certificate_number ON issued_certificate (number)

CREATE INDEX ix_issued_certificate_occasion_id ON issued_certificate (occasion_id)

CREATE INDEX ix_issued_certificate_scheme ON issued_certificate (scheme)

CREATE INDEX ix_issued_certificate_state ON issued_certificate (state)

CREATE INDEX ix_issued_certificate_valid_until ON issued_certificate (valid_until)

CREATE UNIQUE INDEX one_per_person_and_occasion ON issued_certificate (person_id, occasion_id) WHERE state NOT IN ('annulled', 'superseded')

CREATE TABLE certificate_event (
    id CHAR(32) NOT NULL,
    certificate_id CHAR(32) NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    effective_from DATE NOT NULL,
    reason VARCHAR,
    actor VARCHAR NOT NULL,
    note VARCHAR,
    successor VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (certificate_id, place),
    FOREIGN KEY(certificate_id) REFERENCES issued_certificate (id),
    FOREIGN KEY(successor) REFERENCES issued_certificate (number)
)

CREATE INDEX ix_certificate_event_certificate_id ON certificate_event (certificate_id)

CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON certificate_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END

CREATE TRIGGER event_is_not_removed BEFORE DELETE ON certificate_event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END

CREATE TRIGGER certificate_is_not_changed BEFORE UPDATE OF id, number, person_id, occasion_id, batch_id, scheme, scheme_version, level, edition, issuer, kid, holder_name, vc_jwt, facts, evidence, assessment, status_list, status_index, issued_at, valid_from, valid_until, time_zone ON issued_certificate BEGIN SELECT RAISE(ABORT, 'an issued certificate is never changed'); END

CREATE TRIGGER certificate_is_not_removed BEFORE DELETE ON issued_certificate BEGIN SELECT RAISE(ABORT, 'an issued certificate is never removed'); END

CREATE TRIGGER slot_is_not_given_back BEFORE DELETE ON status_slot BEGIN SELECT RAISE(ABORT, 'a place in a status list is never given back'); END

INSERT INTO revision (id, value) VALUES (1, 0)
