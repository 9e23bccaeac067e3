-- Why a training failed is kept without what that quotes of a file, as it may be what somebody said.
UPDATE train_job SET reason = substr(reason, 1, instr(reason, '“') - 1) || '…'
    WHERE instr(reason, '“') > 0;
UPDATE train_job SET reason = substr(reason, 1, instr(reason, 'its fields are') - 1) || '…'
    WHERE instr(reason, 'its fields are') > 0;
UPDATE train_job SET reason = substr(reason, 1, instr(reason, 'its columns are') - 1) || '…'
    WHERE instr(reason, 'its columns are') > 0;
