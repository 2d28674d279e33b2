// Package policy decides, as AWS would, whether policies allow a request. It is for tests of a
// template's policies: nothing here calls AWS, and whatever it does not know is an error.
//
// What it follows are these pages of the IAM User Guide, named in the comments by what is in brackets,
// below https://docs.aws.amazon.com/IAM/latest/UserGuide/:
//
//	[logic]      reference_policies_evaluation-logic.html
//	[grammar]    reference_policies_grammar.html
//	[action]     reference_policies_elements_action.html
//	[notaction]  reference_policies_elements_notaction.html
//	[resource]   reference_policies_elements_resource.html
//	[notres]     reference_policies_elements_notresource.html
//	[principal]  reference_policies_elements_principal.html
//	[notprin]    reference_policies_elements_notprincipal.html
//	[operators]  reference_policies_elements_condition_operators.html
//	[values]     reference_policies_condition-logic-multiple-context-keys-or-values.html
//	[sets]       reference_policies_condition-single-vs-multi-valued-context-keys.html
//	[variables]  reference_policies_variables.html
//	[keys]       reference_policies_condition-keys.html
//
// Where a page leaves a choice, the choice is the one that allows more, so that what is denied here
// is denied by AWS. Left out are whatever belongs to an organisation, session policies, other accounts,
// and the two kinds of policy that work differently [logic]: a role's trust policy and a key policy of KMS.
package policy
