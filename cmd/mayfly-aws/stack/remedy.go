package stack

import (
	"fmt"
	"strings"
)

// Remedy is what a person does about a stack that is not as it should be.
func Remedy(status, name string) string {
	switch {
	case strings.HasSuffix(status, "_IN_PROGRESS"):
		return "somebody is changing it: wait until that is done, and run the same command once more"
	case status == "UPDATE_ROLLBACK_COMPLETE":
		return "it is as it was before; mend what failed, and deploy again"
	case status == "UPDATE_ROLLBACK_FAILED":
		return fmt.Sprintf("mend what failed, have it go on with `aws cloudformation continue-update-rollback --stack-name %s`, and deploy again", name)
	case status == "DELETE_FAILED":
		return fmt.Sprintf("mend what failed, and run `mayfly destroy --stack %s` again", name)
	}
	return fmt.Sprintf("it was never whole, so CloudFormation wants it gone first: mend what failed, run `mayfly destroy --stack %s`, and deploy again", name)
}
