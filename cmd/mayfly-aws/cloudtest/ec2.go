package cloudtest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ec2 answers EC2: what is in the region, and the instances.
func (c *Cloud) ec2(w http.ResponseWriter, operation string, form url.Values) {
	var inner strings.Builder
	switch operation {
	case "DescribeAvailabilityZones":
		for _, zone := range c.Zones {
			inner.WriteString("<item>" + element("zoneName", zone) + "</item>")
		}
		answerEC2(w, operation, "availabilityZoneInfo", inner.String())
	case "DescribeAddresses":
		answerEC2(w, operation, "addressesSet", "")
	case "DescribeVpcs":
		answerEC2(w, operation, "vpcSet", "<item>"+element("vpcId", "vpc-0a")+"</item>")
	case "DescribeInstances":
		for _, id := range slices.Sorted(maps.Keys(c.Instances)) {
			state := c.Instances[id]
			inner.WriteString("<item>" + element("instanceId", id) + "<instanceState>" + element("name", state) + "</instanceState></item>")
			if state == "shutting-down" {
				c.Instances[id] = "terminated"
			}
		}
		answerEC2(w, operation, "reservationSet", "<item><instancesSet>"+inner.String()+"</instancesSet></item>")
	case "TerminateInstances":
		for i := 1; form.Has(fmt.Sprintf("InstanceId.%d", i)); i++ {
			if id := form.Get(fmt.Sprintf("InstanceId.%d", i)); c.Instances[id] != "terminated" {
				c.Instances[id] = "shutting-down"
			}
		}
		answerEC2(w, operation, "instancesSet", "")
	default:
		refuse(w, "ec2", "InvalidAction", operation)
	}
}

func answerEC2(w http.ResponseWriter, operation, set, inner string) {
	_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[2]s>%[3]s</%[2]s></%[1]sResponse>", operation, set, inner)
}
