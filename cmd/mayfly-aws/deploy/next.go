package deploy

import "strings"

// next says where the webhook is, and after a first deployment what a person does then.
func (c *carrier) next() {
	say, region := c.Console.Say, c.in.Region()
	say("\nWebhook URL: %s", c.outputs["WebhookUrl"])
	if c.found.exists() {
		return
	}
	say(strings.TrimPrefix(`
Next, give it a GitHub App (docs/deploy.md has each step):
  1. Make one at https://github.com/organizations/ORG/settings/apps/new, with that webhook URL, the event
     "Workflow job", and the permissions that docs/github.md lists. Its webhook secret is what this prints:
       aws secretsmanager get-secret-value --region %[1]s --secret-id %[2]s --query SecretString --output text
  2. Generate a private key for it, and put the App's id and that key where the server reads them:
       jq -n --argjson id APP_ID --rawfile key KEY.pem '[{id: $id, key: $key}]' > app.json
       aws secretsmanager put-secret-value --region %[1]s --secret-id %[3]s --secret-string file://app.json
       rm app.json
  3. Install the App, and have a job ask for a runner:
       runs-on: mayfly=${{ github.run_id }}/runner=2cpu-linux-x64`, "\n"),
		region, c.outputs["WebhookSecretArn"], c.outputs["GitHubAppsArn"])
	if email := c.plan.Whole["AlertEmail"]; email != "" {
		say("\nAWS asks %s whether it wants the alerts: confirm it there.", email)
	}
}
