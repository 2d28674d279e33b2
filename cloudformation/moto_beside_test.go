//go:build aws

package cloudformation_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
)

// secretType is made before all others.
const secretType = "AWS::SecretsManager::Secret"

// beside are the types that moto has, and its CloudFormation has not: each is made through its own service, from
// the same properties, and says what it gave.
var beside = map[string]func(a *account, name string, properties map[string]any) (given map[string]string){
	"AWS::S3::BucketPolicy":    (*account).bucketPolicy,
	"AWS::SQS::QueuePolicy":    (*account).queuePolicy,
	"AWS::SNS::TopicPolicy":    (*account).topicPolicy,
	"AWS::SNS::Subscription":   (*account).subscription,
	"AWS::CloudWatch::Alarm":   (*account).alarm,
	"AWS::Scheduler::Schedule": (*account).schedule,
	"AWS::Lambda::Url":         (*account).functionURL,
}

// read reads properties into a call's input, which has the same names; a name that it has not is an error.
func (a *account) read(properties, input any) {
	a.t.Helper()
	body, err := json.Marshal(properties)
	a.must(err)
	strict := json.NewDecoder(bytes.NewReader(body))
	strict.DisallowUnknownFields()
	a.must(strict.Decode(input))
}

// secret makes a secret as CloudFormation would, with a value if the template has one generated.
func (a *account) secret(properties map[string]any) (arn string) {
	a.t.Helper()
	api, properties := secretsmanager.NewFromConfig(a.config), maps.Clone(properties)
	var value *string
	if generate, is := properties["GenerateSecretString"]; is {
		var how secretsmanager.GetRandomPasswordInput
		a.read(generate, &how)
		random, err := api.GetRandomPassword(a.t.Context(), &how)
		a.must(err)
		value = random.RandomPassword
		delete(properties, "GenerateSecretString")
	}
	input := secretsmanager.CreateSecretInput{Name: aws.String(awstest.Unique("secret")), SecretString: value}
	a.read(properties, &input)
	made, err := api.CreateSecret(a.t.Context(), &input)
	a.must(err)
	return *made.ARN
}

func (a *account) document(properties map[string]any) *string {
	a.t.Helper()
	document, err := json.Marshal(properties["PolicyDocument"])
	a.must(err)
	return aws.String(string(document))
}

// bucketPolicy is put, which moto takes if it can be read, and removed: moto carries out what it denies whatever the
// conditions are, and so would refuse everybody.
func (a *account) bucketPolicy(_ string, properties map[string]any) map[string]string {
	a.t.Helper()
	bucket := aws.String(properties["Bucket"].(string))
	_, err := a.s3().PutBucketPolicy(a.t.Context(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: a.document(properties)})
	a.must(err)
	_, err = a.s3().DeleteBucketPolicy(a.t.Context(), &s3.DeleteBucketPolicyInput{Bucket: bucket})
	a.must(err)
	return nil
}

func (a *account) queuePolicy(_ string, properties map[string]any) map[string]string {
	a.t.Helper()
	for _, queue := range texts(properties["Queues"]) {
		_, err := sqs.NewFromConfig(a.config).SetQueueAttributes(a.t.Context(), &sqs.SetQueueAttributesInput{
			QueueUrl: &queue, Attributes: map[string]string{"Policy": *a.document(properties)},
		})
		a.must(err)
	}
	return nil
}

func (a *account) topicPolicy(_ string, properties map[string]any) map[string]string {
	a.t.Helper()
	for _, topic := range texts(properties["Topics"]) {
		_, err := sns.NewFromConfig(a.config).SetTopicAttributes(a.t.Context(), &sns.SetTopicAttributesInput{
			TopicArn: &topic, AttributeName: aws.String("Policy"), AttributeValue: a.document(properties),
		})
		a.must(err)
	}
	return nil
}

func (a *account) subscription(name string, properties map[string]any) map[string]string {
	a.t.Helper()
	var input sns.SubscribeInput
	a.read(properties, &input)
	made, err := sns.NewFromConfig(a.config).Subscribe(a.t.Context(), &input)
	a.must(err)
	return map[string]string{name: *made.SubscriptionArn}
}

// alarm is made by the protocol that moto has: CloudWatch's SDK speaks another.
func (a *account) alarm(name string, properties map[string]any) map[string]string {
	a.t.Helper()
	form := url.Values{"Action": {"PutMetricAlarm"}, "Version": {"2010-08-01"}, "AlarmName": {a.name + "-" + name}}
	flatten(form, "", properties)
	a.send("monitoring", "/", "application/x-www-form-urlencoded", []byte(form.Encode()))
	return nil
}

// flatten writes properties as AWS's query protocol has them: Dimensions.member.1.Name=…
func flatten(form url.Values, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			flatten(form, strings.TrimPrefix(path+"."+key, "."), item)
		}
	case []any:
		for i, item := range value {
			flatten(form, fmt.Sprint(path, ".member.", i+1), item)
		}
	default:
		form.Set(path, fmt.Sprint(value))
	}
}

// schedule is made of its properties, which have the same names in the API.
func (a *account) schedule(name string, properties map[string]any) map[string]string {
	a.t.Helper()
	a.call("scheduler", "/schedules/"+a.name+"-"+name, properties)
	return map[string]string{name: a.name + "-" + name}
}

func (a *account) functionURL(name string, properties map[string]any) map[string]string {
	a.t.Helper()
	answer := a.call("lambda", "/2021-10-31/functions/"+properties["TargetFunctionArn"].(string)+"/url", properties)
	return map[string]string{name: properties["TargetFunctionArn"].(string), name + ".FunctionUrl": answer["FunctionUrl"].(string)}
}

// call calls a service of which we have no SDK.
func (a *account) call(service, path string, body any) (answer map[string]any) {
	a.t.Helper()
	sent, err := json.Marshal(body)
	a.must(err)
	a.must(json.Unmarshal(a.send(service, path, "application/json", sent), &answer))
	return answer
}

func (a *account) send(service, path, kind string, body []byte) (answer []byte) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, *a.config.BaseEndpoint+path, bytes.NewReader(body))
	a.must(err)
	request.Header.Set("Content-Type", kind)
	credentials, err := awstest.Credentials.Retrieve(a.t.Context())
	a.must(err)
	digest := sha256.Sum256(body)
	a.must(signer.NewSigner().SignHTTP(a.t.Context(), credentials, request, hex.EncodeToString(digest[:]), service, a.config.Region, time.Now()))
	got, err := http.DefaultClient.Do(request)
	a.must(err)
	defer func() { _ = got.Body.Close() }()
	answer, err = io.ReadAll(got.Body)
	a.must(err)
	if got.StatusCode >= http.StatusMultipleChoices {
		a.t.Fatalf("%s %s: got %s: %s", service, path, got.Status, answer)
	}
	return answer
}
