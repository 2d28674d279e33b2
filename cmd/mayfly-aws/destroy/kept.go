package destroy

import (
	"strings"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
)

// tell says what is left, and how to be rid of it.
func (w *wrecker) tell(artifacts bool) {
	var left []string
	for _, event := range w.kept {
		left = append(left, w.removal(event))
	}
	if group, is := strings.CutSuffix(w.stack.Outputs["ServerLogGroup"], "/application"); is {
		for _, kind := range []string{"application", "service"} {
			left = append(left, "aws logs delete-log-group --region "+w.in.Region()+" --log-group-name "+group+"/"+kind)
		}
	}
	if name := w.stack.Parameters["ArtifactBucket"]; name != "" && !artifacts {
		left = append(left, "aws s3 rb --force s3://"+name+"   # other stacks may use it")
	}
	if name, own := strings.CutPrefix(w.stack.Parameters["ServerImage"], w.in.Registry()+"/"); own {
		name, _, _ = strings.Cut(name, "@")
		left = append(left, "aws ecr delete-repository --region "+w.in.Region()+" --force --repository-name "+name+"   # other stacks may use it")
	}
	w.Console.Say("\nThe stack %s is gone.", w.stack.Name)
	if len(left) == 0 {
		return
	}
	w.Console.Say("What is left, and what removes it, if you no longer need it:")
	for _, command := range left {
		w.Console.Say("  %s", command)
	}
}

// removal is the command that removes what the stack kept.
func (w *wrecker) removal(event stack.Event) string {
	where := " --region " + w.in.Region()
	switch event.Type {
	case "AWS::DynamoDB::Table":
		return "aws dynamodb delete-table" + where + " --table-name " + event.Physical + "   # what ran, and for whom"
	case "AWS::S3::Bucket":
		return "aws s3 rb --force s3://" + event.Physical
	case "AWS::SecretsManager::Secret":
		return "aws secretsmanager delete-secret" + where + " --secret-id " + event.Physical
	}
	return event.Resource + ", a " + event.Type + ", is " + event.Physical
}
