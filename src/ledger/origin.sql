-- Version 2: where a dump that was published elsewhere came from. All NULL: it was pulled from a live server, or found.

ALTER TABLE dumps ADD COLUMN origin TEXT;            -- URL or key, without any secret
ALTER TABLE dumps ADD COLUMN origin_version TEXT;    -- of an object store
ALTER TABLE dumps ADD COLUMN origin_etag TEXT;
ALTER TABLE dumps ADD COLUMN origin_modified INTEGER;
ALTER TABLE dumps ADD COLUMN vouched TEXT CHECK (vouched IN ('index', 'sha256', 'store', 'unverified')); -- by whom its digest was published
CREATE INDEX dumps_of_origin ON dumps (source, origin);
