package cost

import (
	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Published is when these were the list prices. What an instance costs is from pkg/catalog, which has its own date.
const Published = "June 2026"

// Price is what AWS asks for a unit in us-east-1, without free tiers, discounts and taxes.
type Price struct {
	USD    float64
	Unit   string
	Source string // a page below https://aws.amazon.com/
}

var (
	appRunnerVCPU   = Price{0.064, "vCPU-hour of App Runner, active", "apprunner/pricing"}
	appRunnerMemory = Price{0.007, "GB-hour of App Runner", "apprunner/pricing"}
	lambdaTime      = Price{0.0000133334, "GB-second of Lambda, arm64", "lambda/pricing"}
	lambdaCall      = Price{0.20e-6, "invocation of Lambda", "lambda/pricing"}
	schedulerCall   = Price{1.00e-6, "invocation by EventBridge Scheduler", "eventbridge/pricing"}
	event           = Price{1.00e-6, "event of S3 on EventBridge; EC2's cost nothing", "eventbridge/pricing"}
	message         = Price{0.40e-6, "request to SQS", "sqs/pricing"}
	write           = Price{0.625e-6, "write unit of DynamoDB, on demand", "dynamodb/pricing/on-demand"}
	read            = Price{0.125e-6, "read unit of DynamoDB, on demand", "dynamodb/pricing/on-demand"}
	record          = Price{0.45, "GB-month of DynamoDB: 0.25 for itself, 0.20 for its backup", "dynamodb/pricing/on-demand"}
	put             = Price{0.005e-3, "PUT to S3", "s3/pricing"}
	get             = Price{0.0004e-3, "GET from S3", "s3/pricing"}
	secret          = Price{0.40, "secret", "secrets-manager/pricing"}
	secretRead      = Price{0.05e-4, "read of a secret", "secrets-manager/pricing"}
	logs            = Price{0.53, "GB of logs, taken in and kept for a month", "cloudwatch/pricing"}
	alarm           = Price{0.10, "alarm; the first ten of an account cost nothing", "cloudwatch/pricing"}
	metric          = Price{0.30, "metric of our own; the first ten of an account cost nothing", "cloudwatch/pricing"}
	dashboard       = Price{3.00, "dashboard; the first three of an account cost nothing", "cloudwatch/pricing"}
	address         = Price{0.005, "hour of a public IPv4 address", "vpc/pricing"}
	natHour         = Price{0.045, "hour of a NAT gateway", "vpc/pricing"}
	volume          = Price{0.08, "GB-month of gp3", "ebs/pricing"}
	onDemand        = Price{instance(), "hour of " + instanceType + ", on demand", "ec2/pricing/on-demand"}
	spot            = Price{onDemand.USD * (1 - spotDiscount), "hour of " + instanceType + ", spot: assumed, for it changes from hour to hour", "ec2/spot/pricing"}
)

// Prices are all that are used.
func Prices() []Price {
	return []Price{
		onDemand, spot, volume, address, natHour, appRunnerVCPU, appRunnerMemory, lambdaTime, lambdaCall, schedulerCall, event, message,
		write, read, record, put, get, secret, secretRead, logs, alarm, metric, dashboard,
	}
}

// instance is what an hour of the instance type costs.
func instance() (usdPerHour float64) {
	found, _ := catalog.Load().Select(catalog.Want{Arch: runner.X64, Families: []catalog.Pattern{instanceType}})
	return found[0].PriceUSDPerHour
}
