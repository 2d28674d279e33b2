package template_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

// head is what the templates of the tests begin with.
const head = `
Parameters:
  Size: { Type: Number, MinValue: 1, Default: 3 }
  Name: { Type: String, Default: '', AllowedPattern: '^[a-z]*$', ConstraintDescription: Has to be small letters. }
  List: { Type: CommaDelimitedList, Default: 'a, b' }
  Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /stock }
  Mode: { Type: String, Default: one, AllowedValues: [one, two] }
Conditions:
  Yes: !Equals [!Ref Mode, one]
  No: !Not [!Condition Yes]
Mappings: { Sizes: { small: { gib: 8 } } }
Resources:
  Kept: { Type: AWS::SQS::Queue, DeletionPolicy: Retain }
  Absent: { Type: AWS::SQS::Queue, Condition: No }
`

func resolve(t *testing.T, rest string, parameters map[string]string) (template.Stack, error) {
	t.Helper()
	parsed, err := template.Parse([]byte(head + rest))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Resolve(parameters)
}

func TestAValueIsWhatCloudFormationMakesOfIt(t *testing.T) {
	for written, want := range map[string]any{
		"plain":                             "plain",
		"true":                              true,
		"'true'":                            "true",
		"7":                                 7,
		"!Ref Size":                         "3",
		"!Ref List":                         []any{"a", "b"},
		"!Ref Image":                        template.StockImage,
		"!Ref AWS::Region":                  "eu-west-1",
		"!Ref Kept":                         "https://sqs.eu-west-1.amazonaws.com/123456789012/ci-Kept",
		"!GetAtt Kept.Arn":                  "arn:aws:sqs:eu-west-1:123456789012:ci-Kept",
		"{ Fn::GetAtt: [Kept, QueueName] }": "ci-Kept",
		"!Sub '${Kept.Arn}/${Mode}'":        "arn:aws:sqs:eu-west-1:123456789012:ci-Kept/one",
		"!Sub '${!aws:userid}'":             "${aws:userid}",
		"!Sub ['${A}-${Mode}', { A: !Ref Size }]":   "3-one",
		"!Join ['-', !Ref List]":                    "a-b",
		"!Split [',', 'x,y']":                       []any{"x", "y"},
		"!Select [1, !Split ['/', 'x/y']]":          "y",
		"!If [Yes, a, !Ref Absent]":                 "a",
		"!If [No, !GetAtt Absent.Arn, b]":           "b",
		"[a, !If [No, b, !Ref AWS::NoValue], c]":    []any{"a", "c"},
		"{ a: 1, b: !Ref AWS::NoValue }":            map[string]any{"a": 1},
		"!FindInMap [Sizes, small, gib]":            8,
		"!Base64 hi":                                "aGk=",
		"!Cidr [10.0.0.0/16, 3, 13]":                []any{"10.0.0.0/19", "10.0.32.0/19", "10.0.64.0/19"},
		"!Select [0, !GetAZs '']":                   "eu-west-1a",
		"!And [!Condition Yes, !Condition No]":      false,
		"!Or [!Condition Yes, !Condition No]":       true,
		"!Contains [!Ref List, b]":                  true,
		"{ Condition: { Bool: x }, Effect: Allow }": map[string]any{"Condition": map[string]any{"Bool": "x"}, "Effect": "Allow"},
	} {
		made, err := resolve(t, "Outputs: { It: { Value: "+written+" } }", nil)
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		if diff := cmp.Diff(want, made.Outputs["It"]); diff != "" {
			t.Errorf("%s, -want +got:\n%s", written, diff)
		}
	}
}

func TestWhatIsNotThereIsAnError(t *testing.T) {
	for written, want := range map[string]string{
		"!Ref Nothing":                   "neither a parameter nor a resource Nothing",
		"!Ref Absent":                    "Absent is referred to, and this stack does not have it",
		"!GetAtt Absent.Arn":             "Absent is referred to",
		"!GetAtt Kept.Colour":            "Kept.Colour is an attribute that nobody has taught",
		"!Sub '${Nothing}'":              "Nothing",
		"!If [Maybe, a, b]":              "there is no condition Maybe",
		"!Select [2, !Ref List]":         "there is no item 2",
		"!FindInMap [Sizes, large, gib]": "there is no",
		"!Transform x":                   "Fn::Transform is a function that nobody has taught",
		"!Cidr [10.0.0.0/24, 3, 13]":     "has no 3 parts of /19",
		"!Join ['', [7]]":                "7 is no text",
	} {
		_, err := resolve(t, "Outputs: { It: { Value: "+written+" } }", nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "output It") {
			t.Errorf("%s: got error %v, want %q of output It", written, err, want)
		}
	}
}

func TestParametersAreCheckedAllAtOnce(t *testing.T) {
	_, err := resolve(t, "", map[string]string{"Size": "0", "Name": "A", "Mode": "three", "Colour": "red"})
	for _, want := range []string{
		`Size is "0": use a number, 1 or more`, `Name is "A": Has to be small letters.`, `Mode is "three": use one of [one two]`, "there is no parameter Colour",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q in it", err, want)
		}
	}
}

func TestAStackHasWhatItsConditionsLeave(t *testing.T) {
	for mode, want := range map[string][]string{"one": {"Kept"}, "two": {"Absent", "Kept"}} {
		made, err := resolve(t, "", map[string]string{"Mode": mode})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, made.Of("AWS::SQS::Queue")); diff != "" {
			t.Errorf("%s, -want +got:\n%s", mode, diff)
		}
		if !made.Resources["Kept"].Keeps {
			t.Error("Kept does not outlive its stack")
		}
	}
}

func TestARuleSaysWhatItAsserts(t *testing.T) {
	const rules = `
Rules:
  NeedsName:
    RuleCondition: !Equals [!Ref Mode, two]
    Assertions: [{ Assert: !Not [!Equals [!Ref Name, '']], AssertDescription: Set Name. }]
`
	for mode, want := range map[string]string{"one": "", "two": "NeedsName: Set Name."} {
		got := ""
		if _, err := resolve(t, rules, map[string]string{"Mode": mode}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", mode, got, want)
		}
	}
}

func TestWhatCloudFormationDoesNotTakeIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\na: 2":     "line 2: a is there twice",
		"a: &x 1\nb: *x": "line 2: CloudFormation takes maps, lists and values alone",
		"- a":            "it is no map",
		"":               "it is empty",
		"a: [":           "template: ",
	} {
		if _, err := template.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %q in it", text, err, want)
		}
	}
}
