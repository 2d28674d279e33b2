// Package template makes of a template of CloudFormation what CloudFormation would: the resources of one stack, with
// parameters, rules, conditions and functions resolved. What the stack would be given by AWS, such as ids, are
// stand-ins that are told from the resource's name. It knows the functions and attributes that our template uses;
// any other is an error, and so is a reference to what is not there.
package template
