package localcloud

import (
	"encoding/json"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// roleName is the name of the role that every instance holds.
const roleName = "mayfly-runner"

// credentialsLife is how long credentials say that they last. They are the same when asked for
// again, with a later end.
const credentialsLife = 6 * time.Hour

// read is what the metadata service has at a path below /latest/. There is no rebalance advice, so
// that is not found.
func (m *metadata) read(path string) (text string, found bool) {
	i := m.instance
	switch path {
	case "user-data":
		return string(i.cloud.config.UserData), len(i.cloud.config.UserData) > 0
	case "dynamic/instance-identity/document":
		return encode(i.identity()), true
	case "meta-data/instance-id":
		return i.Instance.ID, true
	case "meta-data/placement/region":
		return i.cloud.config.Region, true
	case "meta-data/placement/availability-zone":
		return i.Instance.Offering.Zone, true
	case "meta-data/instance-life-cycle":
		return string(i.Instance.Offering.Capacity), true
	case "meta-data/spot/instance-action":
		return i.instanceAction()
	case "meta-data/iam/security-credentials", "meta-data/iam/security-credentials/":
		return roleName, true
	case "meta-data/iam/security-credentials/" + roleName:
		return encode(i.credentials(time.Now())), true
	}
	return "", false
}

// instanceAction is the notice that a spot instance is interrupted, if it is.
// Source: docs.aws.amazon.com, EC2 User Guide, "Spot Instance interruption notices".
func (i *instance) instanceAction() (notice string, found bool) {
	i.cloud.mu.Lock()
	defer i.cloud.mu.Unlock()
	if i.endsAt.IsZero() {
		return "", false
	}
	return encode(struct {
		Action string    `json:"action"`
		Time   time.Time `json:"time"` // whole seconds
	}{Action: "terminate", Time: i.endsAt.UTC().Truncate(time.Second)}), true
}

// identity is the instance identity document, as far as its fields are not always null.
// Source: docs.aws.amazon.com, EC2 User Guide, "Instance identity documents".
type identity struct {
	AccountID        string    `json:"accountId"`
	Architecture     string    `json:"architecture"` // x86_64, arm64
	AvailabilityZone string    `json:"availabilityZone"`
	ImageID          string    `json:"imageId"`
	InstanceID       string    `json:"instanceId"`
	InstanceType     string    `json:"instanceType"`
	PendingTime      time.Time `json:"pendingTime"` // whole seconds
	PrivateIP        string    `json:"privateIp"`
	Region           string    `json:"region"`
	Version          string    `json:"version"`
}

func (i *instance) identity() identity {
	architecture := "x86_64"
	if i.arch == runner.ARM64 {
		architecture = "arm64"
	}
	return identity{
		AccountID: account, Architecture: architecture, AvailabilityZone: i.Instance.Offering.Zone,
		ImageID: i.Image, InstanceID: i.Instance.ID, InstanceType: i.Instance.Offering.Type,
		PendingTime: i.LaunchedAt.UTC().Truncate(time.Second), PrivateIP: i.privateIP,
		Region: i.cloud.config.Region, Version: "2017-09-30",
	}
}

// roleCredentials is what the metadata service gives a role's holder.
type roleCredentials struct {
	Code            string
	LastUpdated     time.Time
	Type            string
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	Token           string
	Expiration      time.Time
}

func (i *instance) credentials(now time.Time) roleCredentials {
	now = now.UTC().Truncate(time.Second)
	return roleCredentials{
		Code: "Success", Type: "AWS-HMAC", LastUpdated: now, Expiration: now.Add(credentialsLife),
		AccessKeyID: i.keys.id, SecretAccessKey: i.keys.secret, Token: i.keys.token,
	}
}

func encode(document any) string {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		panic(err) // strings and times always marshal
	}
	return string(text)
}
