package packer_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What a build must not lose, each by its line: Packer itself would be content without.
func TestABuildIsAsClosedAsItCanBe(t *testing.T) {
	for file, lines := range map[string]map[string]string{
		"image.pkr.hcl": {
			`temporary_security_group_source_cidrs = \[var\.ssh_cidr\]`: "ssh is open to one range of addresses",
			`encrypted += true`:                  "the disk is encrypted",
			`ami_users += var\.ami_users`:        "who may launch it is said",
			`ami_groups += \[\]`:                 "and is no group",
			`source_ami += var\.from_ami`:        "the source is an id",
			`ssh_clear_authorized_keys += true`:  "a base has no key of its build",
			`shutdown_behavior += "terminate"`:   "an instance that powers off is gone",
			`run_tags += local\.origin`:          "the builder's role finds what it made by its tags",
			`run_volume_tags += local\.origin`:   "volumes, too",
			`"mayfly:commit" += var\.commit`:     "which are these",
			`snapshot_tags += local\.tags`:       "snapshots can be pruned",
			`delete_on_termination += true`:      "no disk is left of a build",
			`"mayfly:source-ami" += var\.source`: "an image says what it was made from",
		},
		"newer.pkr.hcl": {
			`imds_support += "v2\.0"`:                "what is launched from it asks for a token",
			`http_tokens += "required"`:              "as the build instance does",
			`http_put_response_hop_limit += 1`:       "and no container of it gets one",
			`temporary_key_pair_type += "ed25519"`:   "the key is one that Ubuntu's sshd takes",
			`required_version += ">= 1\.10\.0"`:      "Packer is one that knows these",
			`version += ">= 1\.3\.[0-9], < 2\.0\.0"`: "and so is its plugin",
		},
		"variables.pkr.hcl": {
			`default += \[\]\n  description = "Accounts that may launch`: "nobody but the owner launches it, unless somebody says so",
		},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line, why := range lines {
			if !regexp.MustCompile(line).Match(text) {
				t.Errorf("%s has no %s: %s", file, line, why)
			}
		}
		for _, never := range []string{"iam_instance_profile", "0.0.0.0/0", "::/0", "associate_public_ip_address"} {
			if strings.Contains(string(text), never) {
				t.Errorf("%s has %s", file, never)
			}
		}
	}
}
