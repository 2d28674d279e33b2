package door

import (
	"errors"
	"fmt"
	"net/netip"
)

// prove sees that the door is as it should be: the job reaches no address of the metadata. In mode
// agent root still reaches one, so that it is the door that keeps the job out, and no accident
// that may pass.
func prove(config Config, reach func(netip.Addr, int) (bool, error)) error {
	rootToo := false
	for _, address := range addresses {
		reached, err := reach(address, config.Runner)
		if err != nil {
			return fmt.Errorf("door: try %s as uid %d: %w", address, config.Runner, err)
		}
		if reached {
			return fmt.Errorf("door: uid %d reaches the metadata at %s all the same: another rule of nftables, or a kernel without meta skuid, lets it through", config.Runner, address)
		}
		if reached, err = reach(address, 0); err != nil {
			return fmt.Errorf("door: try %s as root: %w", address, err)
		}
		rootToo = rootToo || reached
	}
	if !rootToo && config.Mode != Off {
		return errors.New("door: root does not reach the metadata either, so it is not known whether the door or an accident keeps the job out")
	}
	return nil
}
