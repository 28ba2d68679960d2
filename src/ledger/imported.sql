-- Version 4: a pull that nobody made from its source. What a person handed in says nothing of whether the source can be reached.

ALTER TABLE pulls ADD COLUMN imported INTEGER NOT NULL DEFAULT 0 CHECK (imported IN (0, 1));
