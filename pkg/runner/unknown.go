package runner

// Unknown is an item of the record of which this release knows nothing, as a newer one leaves where it was
// rolled back. It stays as it is: no record writes it.
type Unknown struct{ key string }

// Key is the item's key in the record.
func (u Unknown) Key() string { return u.key }

// Live is always true, as far as is known.
func (Unknown) Live() bool { return true }
