package template

import "fmt"

// Place is where a stack stands, and what AWS gives its resources there.
type Place struct {
	Region, Account, StackName string

	// Given is what Ref is of a resource of a type, such as AWS::SQS::Queue, or one of its attributes if one is named.
	Given func(resource, kind, attribute string) (string, error)
}

// StandIn is a place where all that AWS gives is told from the resource's name.
var StandIn = Place{Region, Account, StackName, standIn}

// pseudo are the parameters that every stack has.
func (p Place) pseudo(name string) (value any, is bool) {
	switch name {
	case "AWS::Region":
		return p.Region, true
	case "AWS::AccountId":
		return p.Account, true
	case "AWS::StackName":
		return p.StackName, true
	case "AWS::StackId":
		return "arn:aws:cloudformation:" + p.Region + ":" + p.Account + ":stack/" + p.StackName + "/0a1b2c3d-0000-0000-0000-000000000000", true
	case "AWS::Partition":
		return "aws", true
	case "AWS::NoValue":
		return noValue{}, true
	}
	return nil, false
}

func (r *resolver) ref(name string) (any, error) {
	if value, is := r.place.pseudo(name); is {
		return value, nil
	}
	if value, is := r.parameters[name]; is {
		return value, nil
	}
	return r.attribute(name, "")
}

// attribute is what AWS gives of a resource, if the stack has it.
func (r *resolver) attribute(name, attribute string) (any, error) {
	has, err := r.has(name)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, fmt.Errorf("%s is referred to, and this stack does not have it", name)
	}
	return r.place.Given(name, r.template.Section("Resources")[name].(map[string]any)["Type"].(string), attribute)
}
