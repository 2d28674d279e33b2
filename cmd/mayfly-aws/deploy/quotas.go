package deploy

import (
	"fmt"
	"math"
	"strconv"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
)

// vcpusOfARunner is what is reckoned for each runner: a job that asks for nothing gets so many.
const vcpusOfARunner = 2

// quotas are all that are looked at.
var quotas = []account.Quota{account.OnDemandVCPUs, account.SpotVCPUs, account.Storage, account.Addresses, account.VPCs}

// Need is how much of a quota the stack comes to, together with what is there already.
type Need struct {
	Quota  account.Quota
	Amount float64
	For    string
}

// needs are what the stack's parameters come to. Those of a network are for a new stack alone: one that is there has its
// network.
func needs(found Found, value func(name string) string) []Need {
	number := func(name string) float64 {
		n, _ := strconv.ParseFloat(value(name), 64) // the template's check took it for a number
		return n
	}
	runners := number("MaxRunners")
	disk := number("RootVolume")
	if value("RunnerProfile") == "hardened" {
		disk += number("WorkVolume")
	}
	all := fmt.Sprintf("%.0f runners of %d vCPUs (MaxRunners)", runners, vcpusOfARunner)
	list := []Need{
		{account.OnDemandVCPUs, runners * vcpusOfARunner, all},
		{account.SpotVCPUs, runners * vcpusOfARunner, all},
		{account.Storage, math.Ceil(runners * disk / 1024), fmt.Sprintf("%.0f runners with %.0f GiB of disk", runners, disk)},
	}
	if found.exists() || value("VpcId") != "" {
		return list
	}
	list = append(list, Need{account.VPCs, float64(found.Around.VPCs + 1), "the stack's VPC, beside what is there"})
	gateways := 0
	switch value("NatGateways") {
	case "One":
		gateways = 1
	case "OnePerZone":
		gateways = int(number("Zones"))
	}
	if gateways > 0 && value("PrivateSubnets") == "true" {
		list = append(list, Need{account.Addresses, float64(found.Around.Addresses + gateways), "the NAT gateways, beside what is there"})
	}
	return list
}

// short are the needs that a quota does not meet, and those of which that is not known.
func short(list []Need, granted map[account.Quota]Granted) (missing, unknown []Need) {
	for _, need := range list {
		switch has := granted[need.Quota]; {
		case has.Trouble != nil:
			unknown = append(unknown, need)
		case has.Value < need.Amount:
			missing = append(missing, need)
		}
	}
	return missing, unknown
}
