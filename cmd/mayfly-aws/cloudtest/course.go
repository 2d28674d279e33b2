package cloudtest

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

// change is what becomes of one resource. Cause is an attribute that it refers to, of a resource that changes.
type change struct{ action, resource, kind, cause string }

// changes are what a change set makes of a stack.
func (s *stack) difference(next template.Stack) (all []change) {
	names := slices.Sorted(maps.Keys(next.Resources))
	for _, name := range names {
		was, is := s.made.Resources[name]
		switch {
		case !is:
			all = append(all, change{action: "Add", resource: name, kind: next.Resources[name].Type})
		case !reflect.DeepEqual(was, next.Resources[name]):
			all = append(all, change{action: "Modify", resource: name, kind: was.Type})
			if name == "Web" { // what refers to it, CloudFormation says, may have to be replaced
				all = append(all, change{"Modify", "WebUrl", "AWS::Lambda::Url", "Web.Arn"})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.made.Resources)) {
		if _, stays := next.Resources[name]; !stays {
			all = append(all, change{action: "Remove", resource: name, kind: s.made.Resources[name].Type})
		}
	}
	return all
}

// perPage is how many changes or events an answer has: few, so that there are pages.
const perPage = 20

func (c *Cloud) toldChanges(s *stack, id, token string) string {
	set := s.changes[id]
	var out strings.Builder
	out.WriteString(element("ChangeSetId", id) + element("Status", set.status) + element("StatusReason", set.reason))
	changes, next := page(s.difference(set.made), token)
	out.WriteString(next + "<Changes>")
	for _, one := range changes {
		out.WriteString("<member><Type>Resource</Type><ResourceChange>" + element("Action", one.action) + element("LogicalResourceId", one.resource) + element("ResourceType", one.kind))
		switch {
		case one.cause != "":
			out.WriteString(element("Replacement", "Conditional") + "<Details><member><Target>" + element("RequiresRecreation", "Always") + "</Target>" +
				element("Evaluation", "Dynamic") + element("CausingEntity", one.cause) + "</member></Details>")
		case one.action == "Modify":
			out.WriteString(element("Replacement", c.replacement(one.resource)))
		}
		out.WriteString("</ResourceChange></member>")
	}
	out.WriteString("</Changes>")
	return out.String()
}

// replacement says whether a resource that changes is made anew.
func (c *Cloud) replacement(resource string) string {
	if slices.Contains(c.Replaced, resource) {
		return "True"
	}
	return "False"
}

// page is the part of a list that a token leads to, and the token of the next as an answer has it.
func page[T any](list []T, token string) (part []T, next string) {
	from, _ := strconv.Atoi(token)
	to := min(from+perPage, len(list))
	if to < len(list) {
		next = element("NextToken", strconv.Itoa(to))
	}
	return list[from:to], next
}

// execute makes the changes. The first resource that fails has all of it taken back.
func (c *Cloud) execute(s *stack, id string) {
	set := s.changes[id]
	delete(s.changes, id)
	doing := "UPDATE"
	if s.status == "REVIEW_IN_PROGRESS" {
		doing, s.parameters = "CREATE", set.parameters
	}
	s.begin(doing)
	for _, one := range s.difference(set.made) {
		verb := map[string]string{"Add": "CREATE", "Modify": "UPDATE", "Remove": "DELETE"}[one.action]
		if reason := c.failure(one, set.parameters); reason != "" {
			s.add(one.resource, one.kind, verb+"_FAILED", reason)
			s.add("Other", "AWS::SQS::Queue", verb+"_FAILED", "Resource creation cancelled")
			s.final = map[string]string{"CREATE": "ROLLBACK_COMPLETE", "UPDATE": "UPDATE_ROLLBACK_COMPLETE"}[doing]
			return
		}
		s.add(one.resource, one.kind, verb+"_COMPLETE", "")
	}
	s.parameters, s.made, s.final = set.parameters, set.made, doing+"_COMPLETE"
	if bucket, is := s.made.Outputs["ControlBucketName"].(string); is && doing == "CREATE" {
		c.makeBucket(bucket)
	}
}

// failure is why a resource cannot be made; empty if it can.
func (c *Cloud) failure(one change, parameters map[string]string) string {
	if one.kind == "AWS::Lambda::Function" && c.read(parameters["ArtifactBucket"], parameters["LambdaKey"]) == "" {
		return "Error occurred while GetObject. S3 Error Code: NoSuchKey."
	}
	return c.Fail[one.resource]
}

// delete deletes a stack. A bucket that has something in it is not deleted, as on AWS.
func (c *Cloud) delete(s *stack) {
	c.OnDelete()
	s.begin("DELETE")
	s.final = "DELETE_COMPLETE"
	for _, name := range slices.Sorted(maps.Keys(s.made.Resources)) {
		resource, status, reason := s.made.Resources[name], "DELETE_COMPLETE", c.Fail[name]
		switch {
		case reason != "":
			status, s.final = "DELETE_FAILED", "DELETE_FAILED"
		case resource.Keeps:
			status = "DELETE_SKIPPED"
		}
		s.add(name, resource.Type, status, reason)
	}
}

func (s *stack) begin(doing string) {
	s.status = doing + "_IN_PROGRESS"
	s.add(s.name, "AWS::CloudFormation::Stack", s.status, "User Initiated")
}

func (s *stack) add(resource, kind, status, reason string) {
	id := strconv.Itoa(len(s.events) + len(s.pending))
	s.pending = append(s.pending, event{id, resource, kind, s.name + "-" + resource, status, reason})
}

// look tells the events so far, the newest first. With the last the stack has its final status.
func (s *stack) look(token string) string {
	if token == "" {
		n := min(perLook, len(s.pending))
		s.events, s.pending = append(s.events, s.pending[:n]...), s.pending[n:]
	}
	if len(s.pending) == 0 && s.final != "" {
		s.status, s.final = s.final, ""
	}
	newest := slices.Clone(s.events)
	slices.Reverse(newest)
	events, next := page(newest, token)
	var out strings.Builder
	for _, one := range events {
		out.WriteString("<member>" + element("EventId", one.id) + element("LogicalResourceId", one.resource) + element("ResourceType", one.kind) +
			element("PhysicalResourceId", one.physical) + element("ResourceStatus", one.status) + element("ResourceStatusReason", one.reason) +
			element("Timestamp", time.Now().UTC().Format(time.RFC3339)) + "</member>")
	}
	return next + "<StackEvents>" + out.String() + "</StackEvents>"
}
