package boot

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	credentialsPath = "meta-data/iam/security-credentials/" //nolint:gosec // where they are

	// expiryWindow is how long before their end credentials are renewed: EC2 has new ones by then.
	// Source: docs.aws.amazon.com, EC2 User Guide, "Retrieve security credentials from instance metadata".
	expiryWindow = 5 * time.Minute
	// Source: docs.aws.amazon.com, IAM User Guide, "IAM and AWS STS quotas".
	maxRole = 64
)

var roleShape = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]+$`)

// Credentials are those of the instance's role, read when they are first needed.
func (m *Metadata) Credentials() aws.CredentialsProvider { return m.credentials }

func (m *Metadata) retrieve(ctx context.Context) (aws.Credentials, error) {
	role, err := m.Read(ctx, credentialsPath, maxValue)
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("read the instance's role: %w", err)
	}
	if len(role) > maxRole || !roleShape.Match(role) {
		return aws.Credentials{}, fmt.Errorf("read the instance's role: %q is no name of one", role)
	}
	body, err := m.Read(ctx, credentialsPath+string(role), maxDocument)
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("read the role's credentials: %w", err)
	}
	var keys struct {
		Code            string
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Token           string
		Expiration      time.Time
	}
	if err := decode(body, &keys); err != nil {
		return aws.Credentials{}, fmt.Errorf("read the role's credentials: %w", err)
	}
	if keys.Code != "Success" || keys.AccessKeyID == "" || keys.SecretAccessKey == "" || keys.Token == "" || keys.Expiration.IsZero() {
		return aws.Credentials{}, fmt.Errorf("read the role's credentials: they are not whole, and their Code is %q", keys.Code)
	}
	return aws.Credentials{
		AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey, SessionToken: keys.Token,
		CanExpire: true, Expires: keys.Expiration, Source: "instance metadata",
	}, nil
}
