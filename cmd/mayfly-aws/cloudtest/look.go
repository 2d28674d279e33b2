package cloudtest

import (
	"fmt"
	"strings"
)

// Status is that of a stack; empty if there is none.
func (c *Cloud) Status(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stack := c.find(name); stack != nil {
		return stack.status
	}
	return ""
}

// SetStatus puts a stack into a status.
func (c *Cloud) SetStatus(name, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.find(name).status = status
}

// HasStack puts a stack there that somebody else made.
func (c *Cloud) HasStack(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/%d", Region, Account, name, len(c.stacks))
	c.stacks[id] = &stack{name: name, id: id, status: "CREATE_COMPLETE", changes: map[string]*changeSet{}}
}

// Parameter is what a stack's parameter is.
func (c *Cloud) Parameter(stack, name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(stack).parameters[name]
}

// Calls are the operations that were called, as "s3:PutObject", in order.
func (c *Cloud) Calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.calls...)
}

// Changing are those of the calls that change something.
func (c *Cloud) Changing() (changing []string) {
	for _, call := range c.Calls() {
		_, operation, _ := strings.Cut(call, ":")
		if !strings.HasPrefix(operation, "Describe") && !strings.HasPrefix(operation, "List") && !strings.HasPrefix(operation, "Get") && !strings.HasPrefix(operation, "Head") {
			changing = append(changing, call)
		}
	}
	return changing
}

// LogDays is for how many days a log group is kept; 0 if there is none.
func (c *Cloud) LogDays(group string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.groups[group]
}

// Raised are the quotas that were asked for, by their codes.
func (c *Cloud) Raised() map[string]float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raised
}
