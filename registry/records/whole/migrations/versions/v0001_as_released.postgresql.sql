CREATE TABLE organisation (
    id UUID NOT NULL,
    slug VARCHAR COLLATE "C" NOT NULL,
    name VARCHAR COLLATE "C" NOT NULL,
    country VARCHAR COLLATE "C" NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    sector_body BOOLEAN NOT NULL,
    registered_on DATE NOT NULL,
    struck_off_on DATE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
)

CREATE UNIQUE INDEX ix_organisation_slug ON organisation (slug)

CREATE TABLE person (
    id UUID NOT NULL,
    name VARCHAR COLLATE "C" NOT NULL,
    name_key VARCHAR COLLATE "C" NOT NULL,
    birth_date DATE,
    email VARCHAR COLLATE "C",
    phone VARCHAR COLLATE "C",
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
)

CREATE INDEX person_by_name_and_birth_date ON person (name_key, birth_date)

CREATE TABLE revision (
    id SERIAL NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (id)
)

CREATE TABLE status_slot (
    list_number INTEGER NOT NULL,
    list_index INTEGER NOT NULL,
    reserved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (list_number, list_index)
)

CREATE TABLE declaration (
    id UUID NOT NULL,
    organisation VARCHAR COLLATE "C" NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    declared_on DATE NOT NULL,
    number INTEGER,
    word VARCHAR COLLATE "C",
    valid_until DATE,
    evidence VARCHAR COLLATE "C",
    confirmed_by VARCHAR COLLATE "C",
    withdrawn_on DATE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(confirmed_by) REFERENCES organisation (slug),
    FOREIGN KEY(organisation) REFERENCES organisation (slug)
)

CREATE INDEX ix_declaration_organisation ON declaration (organisation)

CREATE TABLE scheme (
    code VARCHAR COLLATE "C" NOT NULL,
    owner VARCHAR COLLATE "C" NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (code),
    FOREIGN KEY(owner) REFERENCES organisation (slug)
)

CREATE INDEX ix_scheme_owner ON scheme (owner)

CREATE TABLE signing_key (
    id UUID NOT NULL,
    kid VARCHAR COLLATE "C" NOT NULL,
    purpose VARCHAR COLLATE "C" NOT NULL,
    organisation VARCHAR COLLATE "C",
    algorithm VARCHAR COLLATE "C" NOT NULL,
    public_key BYTEA NOT NULL,
    sealed_private_key BYTEA NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE NOT NULL,
    not_after TIMESTAMP WITH TIME ZONE,
    retired_at TIMESTAMP WITH TIME ZONE,
    compromised_since TIMESTAMP WITH TIME ZONE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(organisation) REFERENCES organisation (slug)
)

CREATE UNIQUE INDEX ix_signing_key_kid ON signing_key (kid)

CREATE INDEX ix_signing_key_organisation ON signing_key (organisation)

CREATE TABLE tie (
    id UUID NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    a VARCHAR COLLATE "C" NOT NULL,
    b VARCHAR COLLATE "C" NOT NULL,
    share_percent VARCHAR COLLATE "C",
    since DATE,
    until DATE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(a) REFERENCES organisation (slug),
    FOREIGN KEY(b) REFERENCES organisation (slug)
)

CREATE INDEX ix_tie_a ON tie (a)

CREATE INDEX ix_tie_b ON tie (b)

CREATE TABLE mandate (
    id UUID NOT NULL,
    public_id VARCHAR COLLATE "C" NOT NULL,
    scheme VARCHAR COLLATE "C" NOT NULL,
    versions JSON,
    owner VARCHAR COLLATE "C" NOT NULL,
    issuer VARCHAR COLLATE "C" NOT NULL,
    max_level VARCHAR COLLATE "C" NOT NULL,
    since DATE NOT NULL,
    until DATE,
    suspended_from DATE,
    suspended_until DATE,
    withdrawn_from DATE,
    reason VARCHAR COLLATE "C",
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(owner) REFERENCES organisation (slug),
    FOREIGN KEY(scheme) REFERENCES scheme (code)
)

CREATE INDEX ix_mandate_issuer ON mandate (issuer)

CREATE UNIQUE INDEX ix_mandate_public_id ON mandate (public_id)

CREATE INDEX ix_mandate_scheme ON mandate (scheme)

CREATE TABLE occasion (
    id UUID NOT NULL,
    public_id VARCHAR COLLATE "C" NOT NULL,
    scheme VARCHAR COLLATE "C" NOT NULL,
    scheme_version VARCHAR COLLATE "C" NOT NULL,
    issuer VARCHAR COLLATE "C" NOT NULL,
    decided_on DATE NOT NULL,
    document JSON NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    FOREIGN KEY(scheme) REFERENCES scheme (code)
)

CREATE INDEX ix_occasion_issuer ON occasion (issuer)

CREATE UNIQUE INDEX ix_occasion_public_id ON occasion (public_id)

CREATE INDEX ix_occasion_scheme ON occasion (scheme)

CREATE TABLE scheme_version (
    id UUID NOT NULL,
    code VARCHAR COLLATE "C" NOT NULL,
    version VARCHAR COLLATE "C" NOT NULL,
    owner VARCHAR COLLATE "C" NOT NULL,
    max_level VARCHAR COLLATE "C" NOT NULL,
    target_level VARCHAR COLLATE "C" NOT NULL,
    published_on DATE NOT NULL,
    document JSON NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code, version),
    FOREIGN KEY(code) REFERENCES scheme (code)
)

CREATE INDEX ix_scheme_version_code ON scheme_version (code)

CREATE TABLE batch (
    id UUID NOT NULL,
    occasion_id UUID NOT NULL,
    digest VARCHAR COLLATE "C" NOT NULL,
    wish VARCHAR COLLATE "C" NOT NULL,
    result JSON NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE INDEX batch_by_occasion_and_digest ON batch (occasion_id, digest)

CREATE TABLE occasion_staff (
    id UUID NOT NULL,
    occasion_id UUID NOT NULL,
    person VARCHAR COLLATE "C" NOT NULL,
    role VARCHAR COLLATE "C" NOT NULL,
    last_on DATE,
    PRIMARY KEY (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    UNIQUE (occasion_id, person, role)
)

CREATE INDEX ix_occasion_staff_occasion_id ON occasion_staff (occasion_id)

CREATE INDEX ix_occasion_staff_person ON occasion_staff (person)

CREATE TABLE batch_row (
    id UUID NOT NULL,
    batch_id UUID NOT NULL,
    occasion_id UUID NOT NULL,
    person_id UUID NOT NULL,
    row INTEGER NOT NULL,
    outcome VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id)
)

CREATE INDEX ix_batch_row_batch_id ON batch_row (batch_id)

CREATE INDEX ix_batch_row_occasion_id ON batch_row (occasion_id)

CREATE INDEX ix_batch_row_person_id ON batch_row (person_id)

CREATE TABLE issued_certificate (
    id UUID NOT NULL,
    number VARCHAR COLLATE "C" NOT NULL,
    person_id UUID NOT NULL,
    occasion_id UUID NOT NULL,
    batch_id UUID NOT NULL,
    scheme VARCHAR COLLATE "C" NOT NULL,
    scheme_version VARCHAR COLLATE "C" NOT NULL,
    level VARCHAR COLLATE "C" NOT NULL,
    edition VARCHAR COLLATE "C" NOT NULL,
    issuer VARCHAR COLLATE "C" NOT NULL,
    kid VARCHAR COLLATE "C" NOT NULL,
    holder_name VARCHAR COLLATE "C" NOT NULL,
    vc_jwt TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    assessment TEXT COLLATE "C" NOT NULL,
    status_list INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    time_zone VARCHAR COLLATE "C" NOT NULL,
    state VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(batch_id) REFERENCES batch (id),
    FOREIGN KEY(occasion_id) REFERENCES occasion (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    FOREIGN KEY(status_list, status_index) REFERENCES status_slot (list_number, list_index),
    FOREIGN KEY(issuer) REFERENCES organisation (slug),
    UNIQUE (status_list, status_index),
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
    id UUID NOT NULL,
    certificate_id UUID NOT NULL,
    place INTEGER NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    effective_from DATE NOT NULL,
    reason VARCHAR COLLATE "C",
    actor VARCHAR COLLATE "C" NOT NULL,
    note VARCHAR COLLATE "C",
    successor VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    FOREIGN KEY(successor) REFERENCES issued_certificate (number),
    UNIQUE (certificate_id, place),
    FOREIGN KEY(certificate_id) REFERENCES issued_certificate (id)
)

CREATE INDEX ix_certificate_event_certificate_id ON certificate_event (certificate_id)

CREATE OR REPLACE FUNCTION stay_as_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$

CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON certificate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never changed')

CREATE TRIGGER event_is_not_removed BEFORE DELETE ON certificate_event FOR EACH ROW EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER event_is_not_removed_at_once BEFORE TRUNCATE ON certificate_event FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('events are never removed')

CREATE TRIGGER certificate_is_not_changed BEFORE UPDATE OF id, number, person_id, occasion_id, batch_id, scheme, scheme_version, level, edition, issuer, kid, holder_name, vc_jwt, facts, evidence, assessment, status_list, status_index, issued_at, valid_from, valid_until, time_zone ON issued_certificate FOR EACH ROW EXECUTE FUNCTION stay_as_written('an issued certificate is never changed')

CREATE TRIGGER certificate_is_not_removed BEFORE DELETE ON issued_certificate FOR EACH ROW EXECUTE FUNCTION stay_as_written('an issued certificate is never removed')

CREATE TRIGGER certificate_is_not_removed_at_once BEFORE TRUNCATE ON issued_certificate FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('an issued certificate is never removed')

CREATE TRIGGER slot_is_not_given_back BEFORE DELETE ON status_slot FOR EACH ROW EXECUTE FUNCTION stay_as_written('a place in a status list is never given back')

CREATE TRIGGER slot_is_not_given_back_at_once BEFORE TRUNCATE ON status_slot FOR EACH STATEMENT EXECUTE FUNCTION stay_as_written('a place in a status list is never given back')

INSERT INTO revision (id, value) VALUES (1, 0)
