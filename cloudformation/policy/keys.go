package policy

import (
	"fmt"
	"strings"
)

// keyType is what the values of a condition key are.
type keyType struct {
	operators group
	many      bool // ArrayOf… in the Service Authorization Reference
}

// group is a family of condition operators. A key takes those of its own; any key that is a text
// or an ARN takes both of these.
type group string

const (
	ofText    group = "String"
	ofARN     group = "Arn"
	ofNumber  group = "Numeric"
	ofDate    group = "Date"
	ofBool    group = "Bool"
	ofAddress group = "IpAddress"
	ofAbsence group = "Null"
)

// keyTypes are the condition keys that are known, in lower case, from [keys] and, for those of a service,
// from the Service Authorization Reference. Behind one that ends in a slash is a tag's key.
var keyTypes = map[string]keyType{
	"aws:calledvia":                       {ofText, true},
	"aws:currenttime":                     {ofDate, false},
	"aws:epochtime":                       {ofDate, false},
	"aws:principalaccount":                {ofText, false},
	"aws:principalarn":                    {ofARN, false},
	"aws:principalisawsservice":           {ofBool, false},
	"aws:principalorgid":                  {ofText, false},
	"aws:principalservicename":            {ofText, false},
	"aws:principaltag/":                   {ofText, false},
	"aws:principaltype":                   {ofText, false},
	"aws:requestedregion":                 {ofText, false},
	"aws:requesttag/":                     {ofText, false},
	"aws:resourceaccount":                 {ofText, false},
	"aws:resourcetag/":                    {ofText, false},
	"aws:securetransport":                 {ofBool, false},
	"aws:sourceaccount":                   {ofText, false},
	"aws:sourcearn":                       {ofARN, false},
	"aws:sourceip":                        {ofAddress, false},
	"aws:sourcevpc":                       {ofText, false},
	"aws:sourcevpce":                      {ofText, false},
	"aws:ec2instancesourcevpc":            {ofText, false},
	"aws:tagkeys":                         {ofText, true},
	"aws:tokenissuetime":                  {ofDate, false},
	"aws:userid":                          {ofText, false},
	"aws:username":                        {ofText, false},
	"aws:viaawsservice":                   {ofBool, false},
	"cloudwatch:namespace":                {ofText, false},
	"dynamodb:leadingkeys":                {ofText, true},
	"ec2:attribute":                       {ofText, false},
	"ec2:createaction":                    {ofText, false},
	"ec2:encrypted":                       {ofBool, false},
	"ec2:imageid":                         {ofText, false},
	"ec2:instanceid":                      {ofText, false},
	"ec2:instanceprofile":                 {ofARN, false},
	"ec2:instancetype":                    {ofText, false},
	"ec2:islaunchtemplateresource":        {ofBool, false},
	"ec2:launchtemplate":                  {ofARN, false},
	"ec2:metadatahttpendpoint":            {ofText, false},
	"ec2:metadatahttpputresponsehoplimit": {ofNumber, false},
	"ec2:metadatahttptokens":              {ofText, false},
	"ec2:owner":                           {ofText, false},
	"ec2:public":                          {ofBool, false},
	"ec2:region":                          {ofText, false},
	"ec2:resourcetag/":                    {ofText, false},
	"ec2:roledelivery":                    {ofNumber, false},
	"ec2:sourceinstancearn":               {ofARN, false},
	"ec2:subnetid":                        {ofText, false},
	"ec2:subnet":                          {ofARN, false},
	"ec2:volumesize":                      {ofNumber, false},
	"ec2:volumetype":                      {ofText, false},
	"ec2:vpc":                             {ofARN, false},
	"iam:awsservicename":                  {ofText, false},
	"iam:passedtoservice":                 {ofText, false},
	"iam:permissionsboundary":             {ofARN, false},
	"iam:associatedresourcearn":           {ofARN, false},
	"kms:grantisforawsresource":           {ofBool, false},
	"kms:viaservice":                      {ofText, false},
	"lambda:functionurlauthtype":          {ofText, false},
	"lambda:invokedviafunctionurl":        {ofBool, false},
	"s3:prefix":                           {ofText, false},
	"s3:tlsversion":                       {ofNumber, false},
	"s3:x-amz-server-side-encryption":     {ofText, false},
}

// typeOf finds a key's type. Names of keys are case-insensitive [variables].
func typeOf(key string) (keyType, error) {
	lower := strings.ToLower(key)
	if tagged, tag, ok := strings.Cut(lower, "/"); ok && tag != "" {
		lower = tagged + "/"
	}
	typ, known := keyTypes[lower]
	if !known {
		return keyType{}, fmt.Errorf("condition key %q is not known; mend its name, or add it with its type to keyTypes", key)
	}
	return typ, nil
}

// takes says whether a key of this type may be compared by operators of a group.
func (t keyType) takes(by group) bool {
	written := t.operators == ofText || t.operators == ofARN
	return by == ofAbsence || by == t.operators || written && (by == ofText || by == ofARN)
}
