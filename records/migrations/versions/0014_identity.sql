-- An identity check is found by the vendor's id of it, which is what a webhook names.
ALTER TABLE identity_checks ADD CONSTRAINT uq_identity_checks_vendor_vendor_id UNIQUE (vendor, vendor_id);
