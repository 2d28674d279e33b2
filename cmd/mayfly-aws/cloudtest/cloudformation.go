package cloudtest

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

// stack is a stack, made of a real template by the resolver: what AWS would give are its stand-ins.
type stack struct {
	name, id, status string
	parameters       map[string]string
	made             template.Stack
	events           []event // that were told, the oldest first
	pending          []event // that will be
	final            string  // the status after them
	changes          map[string]*changeSet
}

type event struct{ id, resource, kind, physical, status, reason string }

type changeSet struct {
	status, reason string
	parameters     map[string]string
	made           template.Stack
}

// perLook is how many events are told each time that somebody looks.
const perLook = 25

func (c *Cloud) cloudformation(w http.ResponseWriter, operation string, form url.Values) {
	stack := c.find(form.Get("StackName"))
	if stack == nil && operation != "CreateChangeSet" {
		refuse(w, "cloudformation", "ValidationError", "Stack with id "+form.Get("StackName")+" does not exist")
		return
	}
	switch operation {
	case "DescribeStacks":
		result(w, operation, "<Stacks><member>"+stack.told()+"</member></Stacks>")
	case "CreateChangeSet":
		c.createChangeSet(w, stack, form)
	case "DescribeChangeSet":
		result(w, operation, c.toldChanges(stack, form.Get("ChangeSetName"), form.Get("NextToken")))
	case "DeleteChangeSet":
		delete(stack.changes, form.Get("ChangeSetName"))
		result(w, operation, "")
	case "ExecuteChangeSet":
		c.execute(stack, form.Get("ChangeSetName"))
		result(w, operation, "")
	case "DescribeStackEvents":
		result(w, operation, stack.look(form.Get("NextToken")))
	case "DeleteStack":
		c.delete(stack)
		result(w, operation, "")
	default:
		refuse(w, "cloudformation", "InvalidAction", operation)
	}
}

// find is a stack by its name, or by its id if it is deleted.
func (c *Cloud) find(name string) *stack {
	for _, stack := range c.stacks {
		if stack.id == name || stack.name == name && stack.status != "DELETE_COMPLETE" {
			return stack
		}
	}
	return nil
}

func (c *Cloud) createChangeSet(w http.ResponseWriter, of *stack, form url.Values) {
	if form.Get("Capabilities.member.1") != "CAPABILITY_IAM" || form.Has("Capabilities.member.2") {
		refuse(w, "cloudformation", "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
		return
	}
	address, err := url.Parse(form.Get("TemplateURL"))
	if err != nil {
		refuse(w, "cloudformation", "ValidationError", err.Error())
		return
	}
	bucket, _, _ := strings.Cut(address.Host, ".")
	written, err := template.Parse([]byte(c.read(bucket, strings.TrimPrefix(address.Path, "/"))))
	if err != nil {
		refuse(w, "cloudformation", "ValidationError", "S3 error: Access Denied: "+err.Error())
		return
	}
	if of == nil {
		of = &stack{name: form.Get("StackName"), status: "REVIEW_IN_PROGRESS", changes: map[string]*changeSet{}}
		of.id = fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/%d", Region, Account, of.name, len(c.stacks))
		c.stacks[of.id] = of
	}
	set := &changeSet{status: "CREATE_COMPLETE", parameters: given(form, of.parameters)}
	if set.made, err = written.Resolve(set.parameters); err != nil {
		refuse(w, "cloudformation", "ValidationError", err.Error())
		return
	}
	if reflect.DeepEqual(set.made, of.made) && reflect.DeepEqual(set.parameters, of.parameters) {
		set.status, set.reason = "FAILED", "The submitted information didn't contain changes. Submit different information to create a change set."
	}
	if c.RefuseChange != "" {
		set.status, set.reason = "FAILED", c.RefuseChange
	}
	id := of.id + "/changes/" + form.Get("ChangeSetName")
	of.changes[id] = set
	result(w, "CreateChangeSet", element("Id", id)+element("StackId", of.id))
}

// given are the parameters of a call: new ones, and those that stay.
func given(form url.Values, before map[string]string) map[string]string {
	all := map[string]string{}
	for i := 1; form.Has(fmt.Sprintf("Parameters.member.%d.ParameterKey", i)); i++ {
		at := fmt.Sprintf("Parameters.member.%d.", i)
		name := form.Get(at + "ParameterKey")
		all[name] = form.Get(at + "ParameterValue")
		if form.Get(at+"UsePreviousValue") == "true" {
			all[name] = before[name]
		}
	}
	return all
}

func (s *stack) told() string {
	var out strings.Builder
	out.WriteString(element("StackName", s.name) + element("StackId", s.id) + element("StackStatus", s.status) + element("CreationTime", time.Now().UTC().Format(time.RFC3339)))
	out.WriteString("<Parameters>")
	for name, value := range s.parameters {
		out.WriteString("<member>" + element("ParameterKey", name) + element("ParameterValue", value) + "</member>")
	}
	out.WriteString("</Parameters><Outputs>")
	for name, value := range s.made.Outputs {
		out.WriteString("<member>" + element("OutputKey", name) + element("OutputValue", fmt.Sprint(value)) + "</member>")
	}
	out.WriteString("</Outputs>")
	return out.String()
}
