package template_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

func TestAStackStandsWhereItIsTold(t *testing.T) {
	parsed, err := template.Parse([]byte(`
Resources: { Kept: { Type: AWS::SQS::Queue } }
Outputs:
  Where: { Value: !Sub '${AWS::Region} ${AWS::AccountId} ${AWS::StackName} ${AWS::StackId}' }
  Zone: { Value: !Select [1, !GetAZs ''] }
  Ref: { Value: !Ref Kept }
  Arn: { Value: !Sub '${Kept.Arn}' }
`))
	if err != nil {
		t.Fatal(err)
	}
	place := template.Place{Region: "ap-south-1", Account: "210987654321", StackName: "builds", Given: func(resource, kind, attribute string) (string, error) {
		return resource + " " + kind + " " + attribute, nil
	}}
	made, err := parsed.ResolveAt(place, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"Where": "ap-south-1 210987654321 builds arn:aws:cloudformation:ap-south-1:210987654321:stack/builds/0a1b2c3d-0000-0000-0000-000000000000",
		"Zone":  "ap-south-1b", "Ref": "Kept AWS::SQS::Queue ", "Arn": "Kept AWS::SQS::Queue Arn",
	}
	if diff := cmp.Diff(want, made.Outputs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
