package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
)

// Quota names one of the account's quotas, by the words and codes of AWS.
type Quota struct{ Name, Service, Code, Unit string }

// Quotas that a stack may come up against. Source: the console of Service Quotas; each code is AWS's own and the same in every
// account.
var (
	OnDemandVCPUs = Quota{"Running On-Demand Standard instances", "ec2", "L-1216C47A", "vCPUs"}
	SpotVCPUs     = Quota{"Standard Spot Instance Requests", "ec2", "L-34B43A08", "vCPUs"}
	Storage       = Quota{"Storage for gp3 volumes", "ebs", "L-7A658B76", "TiB"}
	Addresses     = Quota{"Elastic IP addresses", "ec2", "L-0263D0A3", "addresses"}
	VPCs          = Quota{"VPCs per Region", "vpc", "L-F678F1CE", "VPCs"}
)

// Quota is how much of something the account may have: what AWS granted it, or else what AWS grants everybody.
func (a Account) Quota(ctx context.Context, quota Quota) (float64, error) {
	client := servicequotas.NewFromConfig(a.Config)
	granted, err := client.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: &quota.Service, QuotaCode: &quota.Code})
	if err == nil {
		return aws.ToFloat64(granted.Quota.Value), nil
	}
	var none *types.NoSuchResourceException
	if !errors.As(err, &none) {
		return 0, Told(err)
	}
	usual, err := client.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: &quota.Service, QuotaCode: &quota.Code})
	if err != nil {
		return 0, Told(err)
	}
	return aws.ToFloat64(usual.Quota.Value), nil
}

// RaiseQuota asks AWS for more of something. Asked is true if that was asked for before, and is not answered yet.
func (a Account) RaiseQuota(ctx context.Context, quota Quota, to float64) (asked bool, err error) {
	client := servicequotas.NewFromConfig(a.Config)
	_, err = client.RequestServiceQuotaIncrease(ctx, &servicequotas.RequestServiceQuotaIncreaseInput{
		ServiceCode: &quota.Service, QuotaCode: &quota.Code, DesiredValue: &to,
	})
	var twice *types.ResourceAlreadyExistsException
	if errors.As(err, &twice) {
		return true, nil
	}
	return false, Told(err)
}
