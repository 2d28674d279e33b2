package cloudformation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	images "github.com/mayfly-ci/mayfly/server/image"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb"
	"github.com/mayfly-ci/mayfly/server/usage/cloudwatch"
)

func TestEveryAlarmTellsSomebodyAndIsQuietWhileNothingHappens(t *testing.T) {
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		alarms := made.Of("AWS::CloudWatch::Alarm")
		if want := []string{"DeadLetterAlarm", "ImageAgeAlarm", "LaunchAlarm", "OldestMessageAlarm", "TickAlarm", "UsageAlarm"}; !slices.Equal(alarms, want) {
			t.Errorf("alarms: got %v, want %v", alarms, want)
		}
		for _, name := range alarms {
			alarm := made.Resources[name].Properties
			if diff := cmp.Diff([]any{made.Outputs["AlertTopicArn"]}, alarm["AlarmActions"]); diff != "" {
				t.Errorf("%s: actions, -want +got:\n%s", name, diff)
			}
			if got := alarm["TreatMissingData"]; got != "notBreaching" {
				t.Errorf("%s: missing data is %v, want notBreaching", name, got)
			}
		}
	})
}

func TestTheAlarmsReadWhatTheServerWrites(t *testing.T) {
	for name, want := range map[string][]any{
		"UsageAlarm":    {cloudwatch.Metric, "Sum", 86400, "GreaterThanThreshold", "4000"},
		"ImageAgeAlarm": {cloudwatch.AgeMetric, "Maximum", 86400, "GreaterThanOrEqualToThreshold", images.OldDays},
	} {
		alarm := stack(t, nil).Resources[name].Properties
		got := []any{
			alarm["MetricName"], alarm["Statistic"], alarm["Period"], alarm["ComparisonOperator"], alarm["Threshold"],
			alarm["Namespace"], at(alarm["Dimensions"].([]any)[0], "Name"), at(alarm["Dimensions"].([]any)[0], "Value"),
		}
		if diff := cmp.Diff(append(want, cloudwatch.Namespace, cloudwatch.Dimension, template.StackName), got); diff != "" {
			t.Errorf("%s, -want +got:\n%s", name, diff)
		}
	}
}

// By default the stack stops at ten times of what it alerts somebody at.
func TestTheDayHasALimitAboveItsAlarm(t *testing.T) {
	for minutes, want := range map[string]int{"": 0, "50": 50} {
		told, err := settings.Read(lines(servers(stack(t, map[string]string{"MaxRunnerMinutesPerDay": minutes}))[0]))
		if got := told.Server.MaxMinutesPerDay; err != nil || got != want {
			t.Errorf("MaxRunnerMinutesPerDay=%q: the server has %d, %v, want %d", minutes, got, err, want)
		}
	}
	made := stack(t, nil)
	told, err := settings.Read(lines(servers(made)[0]))
	if alarm := made.Resources["UsageAlarm"].Properties["Threshold"]; err != nil || alarm != "4000" || told.Server.MaxMinutesPerDay != 40000 {
		t.Errorf("by default: got an alarm at %v and a limit of %d, %v, want 4000 and 40000", alarm, told.Server.MaxMinutesPerDay, err)
	}
}

func TestTheTableIsTheRecords(t *testing.T) {
	table := stack(t, nil).Resources["Record"].Properties
	index := table["LocalSecondaryIndexes"].([]any)[0]
	got := []any{
		at(table["KeySchema"].([]any)[0], "AttributeName"), at(table["KeySchema"].([]any)[1], "AttributeName"), at(index, "IndexName"),
		at(index, "KeySchema").([]any)[1].(map[string]any)["AttributeName"], at(index, "Projection", "ProjectionType"), at(table, "TimeToLiveSpecification", "AttributeName"),
	}
	want := []any{dynamodb.ShardKey, dynamodb.ItemKey, dynamodb.LiveIndex, dynamodb.LiveKey, "ALL", dynamodb.ExpiresKey}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheScheduleIsATick(t *testing.T) {
	for platform, want := range map[string]string{"AppRunner": "Tick", "Lambda": "Worker"} {
		made := stack(t, map[string]string{"ServerPlatform": platform})
		target := made.Resources["Schedule"].Properties["Target"]
		kind, err := function.KindOf([]byte(at(target, "Input").(string)))
		if err != nil || kind != function.KindSchedule {
			t.Errorf("%s: input: got %q, %v, want a tick", platform, kind, err)
		}
		if got := at(target, "Arn").(string); !strings.HasSuffix(got, ":function:ci-"+want) {
			t.Errorf("%s: calls %s, want %s", platform, got, want)
		}
		if got := at(target, "RetryPolicy", "MaximumRetryAttempts"); got != 0 {
			t.Errorf("%s: retries: got %v, want none", platform, got)
		}
	}
}

func TestFunctionsAreAsLambdaNeedsThem(t *testing.T) { // docs/lambda.md has the reasons
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		for _, name := range made.Of("AWS::Lambda::Function") {
			lambda, timeout := made.Resources[name].Properties, map[string]int{"Web": 15, "Worker": 70, "Tick": 70}[name]
			got := []any{lambda["Runtime"], lambda["Architectures"], lambda["Handler"], lambda["Timeout"], lambda["ReservedConcurrentExecutions"]}
			if diff := cmp.Diff([]any{"provided.al2023", []any{"arm64"}, "bootstrap", timeout, nil}, got); diff != "" {
				t.Errorf("%s, -want +got:\n%s", name, diff)
			}
		}
	})
	made := stack(t, map[string]string{"ServerPlatform": "Lambda"})
	source := made.Resources["WorkerSource"].Properties
	if got := at(source, "ScalingConfig", "MaximumConcurrency"); got != 2 {
		t.Errorf("concurrency: got %v, want 2", got)
	}
	if diff := cmp.Diff([]any{"ReportBatchItemFailures"}, source["FunctionResponseTypes"]); diff != "" {
		t.Errorf("response types, -want +got:\n%s", diff)
	}
	if visible, most := made.Resources["Queue"].Properties["VisibilityTimeout"].(int), 70; visible <= most {
		t.Errorf("visibility: got %d s, want more than the worker's %d s", visible, most)
	}
	var actions []any
	for _, name := range made.Of("AWS::Lambda::Permission") {
		actions = append(actions, made.Resources[name].Properties["Action"])
	}
	if diff := cmp.Diff([]any{"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}, actions); diff != "" {
		t.Errorf("what a public URL needs, -want +got:\n%s", diff)
	}
}

func TestTheRulesPassOnWhatTheServerReads(t *testing.T) {
	made := stack(t, nil)
	if diff := cmp.Diff(runner.RuleStates(), texts(at(made.Resources["StateRule"].Properties, "EventPattern", "detail", "state"))); diff != "" {
		t.Errorf("states, -want +got:\n%s", diff)
	}
	prefix := at(made.Resources["ReportRule"].Properties, "EventPattern", "detail", "object", "key").([]any)[0]
	if got := at(prefix, "prefix"); got != runner.ReportPrefix {
		t.Errorf("reports: got prefix %v, want %s", got, runner.ReportPrefix)
	}
	for _, name := range []string{"InterruptionRule", "StateRule", "ReportRule"} {
		target := made.Resources[name].Properties["Targets"].([]any)[0]
		if at(target, "Arn") != "arn:aws:sqs:eu-west-1:123456789012:ci-Queue" || len(target.(map[string]any)) != 2 {
			t.Errorf("%s: got target %v, want the queue, and events as they are", name, target)
		}
	}
}

func TestAppRunnerServesOneToThree(t *testing.T) {
	made := stack(t, nil)
	scaling := made.Resources["Scaling"].Properties
	if got := []any{scaling["MinSize"], scaling["MaxSize"]}; !cmp.Equal(got, []any{1, 3}) {
		t.Errorf("size: got %v, want 1 to 3", got)
	}
	if got := at(made.Resources["Service"].Properties, "HealthCheckConfiguration", "Path"); got != "/ping" {
		t.Errorf("health check: got %v, want /ping, which answers before there is a GitHub App", got)
	}
	for image, want := range map[string]string{needed["ServerImage"]: "ECR", "public.ecr.aws/mayfly/mayfly@sha256:" + digest: "ECR_PUBLIC"} {
		service := stack(t, map[string]string{"ServerImage": image}).Resources["Service"].Properties
		if got := at(service, "SourceConfiguration", "ImageRepository", "ImageRepositoryType"); got != want {
			t.Errorf("%s: got %v, want %s", image, got, want)
		}
		if got := at(service, "SourceConfiguration", "AuthenticationConfiguration") != nil; got != (want == "ECR") {
			t.Errorf("%s: a role to pull it with: got %v", image, got)
		}
	}
}
