-- What people read mail on, as the person said and as their signed mail tells.
ALTER TABLE contacts ADD COLUMN device_set TEXT;
ALTER TABLE contacts ADD COLUMN device_learned TEXT;
-- What a list says of a certificate without reading it. NULL in rows of earlier versions until they are first listed.
-- `uses`: 1 it signs, 2 it is sealed to.
ALTER TABLE certificates ADD COLUMN begins INTEGER;
ALTER TABLE certificates ADD COLUMN ends INTEGER;
ALTER TABLE certificates ADD COLUMN uses INTEGER;
