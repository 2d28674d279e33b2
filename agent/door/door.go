// Package door closes the instance's metadata to the job: whoever reads it has the credentials of
// the instance's role. It also sees that nothing on the machine listens to the network.
//
//	agent   the default: nftables let root alone through, and drop what containers send
//	off     the same, and EC2 itself closes the endpoint, for root too
//	open    for a job that needs the role's credentials; nothing is closed
//
// [Close] proves what it did before it returns: a door that cannot be proven shut is an error, and
// then no job may start. A job that is root by sudo can open the door of mode agent again, so that
// is no boundary against it; mode off is.
package door

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Mode is for whom the metadata is there while the job runs.
type Mode string

// The modes. No mode is Agent.
const (
	Agent Mode = "agent" // for root
	Off   Mode = "off"   // for nobody
	Open  Mode = "open"  // for everybody
)

// addresses are those of the instance's metadata.
// Source: docs.aws.amazon.com, EC2 User Guide, "Access instance metadata for an EC2 instance".
var addresses = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"),
	netip.MustParseAddr("fd00:ec2::254"),
}

// Config is whose door it is. All but Mode and Runner is for mode [Off], in which the instance asks
// EC2 to close its endpoint: its role has to allow ec2:ModifyInstanceMetadataOptions on itself.
type Config struct {
	Mode        Mode
	Runner      int    // the job's uid
	Instance    string // such as i-0123456789abcdef0
	Region      string
	Credentials aws.CredentialsProvider // of the instance's role
	Transport   http.RoundTripper       // to EC2's API and to the metadata
}

// Close closes the metadata to the job. What has to be read of it with a new connection is read
// before, in mode [Off] all of it. An error means that the door may be open.
func Close(ctx context.Context, config Config) error {
	return shut(ctx, config, machine{apply: apply, reach: reach})
}

// machine is what Close does to the machine, and what it sees of it.
type machine struct {
	apply func([]rule) error
	reach func(address netip.Addr, uid int) (bool, error)
}

func shut(ctx context.Context, config Config, m machine) error {
	switch config.Mode {
	case Open:
		return nil
	case Agent, Off, "":
	default:
		return fmt.Errorf("door: mode is %q, known are %q, %q and %q", config.Mode, Agent, Off, Open)
	}
	if config.Runner <= 0 {
		return fmt.Errorf("door: the runner's uid is %d: the door is open to root, so the runner needs a user of its own", config.Runner)
	}
	if err := m.apply(rules()); err != nil {
		return fmt.Errorf("door: nftables did not take the rules: %w", err)
	}
	if config.Mode == Off {
		if err := switchOff(ctx, config); err != nil {
			return fmt.Errorf("door: %w", err)
		}
	}
	return prove(config, m.reach)
}
