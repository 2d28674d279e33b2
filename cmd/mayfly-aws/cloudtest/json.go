package cloudtest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
)

// json answers the services that speak JSON: App Runner, Service Quotas, ECR and CloudWatch Logs.
func (c *Cloud) json(w http.ResponseWriter, service, operation string, told map[string]any) {
	answer := func(value any) { _ = json.NewEncoder(w).Encode(value) }
	text := func(name string) string { value, _ := told[name].(string); return value }
	switch operation {
	case "ListServices":
		var list []map[string]string
		if c.AppRunner {
			list = append(list, map[string]string{"ServiceName": "theirs"})
		}
		answer(map[string]any{"ServiceSummaryList": list})
	case "GetServiceQuota", "GetAWSDefaultServiceQuota":
		value, known := c.Quotas[text("QuotaCode")]
		if !known {
			refuse(w, service, "NoSuchResourceException", "there is no such quota")
			return
		}
		answer(map[string]any{"Quota": map[string]any{"Value": value}})
	case "RequestServiceQuotaIncrease":
		if _, twice := c.raised[text("QuotaCode")]; twice {
			refuse(w, service, "ResourceAlreadyExistsException", "it is open already")
			return
		}
		c.raised[text("QuotaCode")], _ = told["DesiredValue"].(float64)
		answer(map[string]any{})
	case "PutRetentionPolicy", "CreateLogGroup":
		c.logs(w, operation, text("logGroupName"), told)
	case "CreateRepository":
		answer(map[string]any{})
	case "GetAuthorizationToken":
		token := base64.StdEncoding.EncodeToString([]byte("AWS:password"))
		answer(map[string]any{"authorizationData": []any{map[string]string{"authorizationToken": token}}})
	case "DescribeImages":
		digest := c.image(text("repositoryName"), told)
		if digest == "" {
			refuse(w, service, "ImageNotFoundException", "there is no such image")
			return
		}
		answer(map[string]any{"imageDetails": []any{map[string]string{"imageDigest": digest}}})
	default:
		refuse(w, service, "UnknownOperationException", operation)
	}
}

func (c *Cloud) logs(w http.ResponseWriter, operation, group string, told map[string]any) {
	_, there := c.groups[group]
	switch {
	case operation == "CreateLogGroup":
		c.groups[group] = 0
	case !there:
		refuse(w, "logs", "ResourceNotFoundException", "there is no such group")
		return
	default:
		days, _ := told["retentionInDays"].(float64)
		c.groups[group] = int(days)
	}
	_, _ = w.Write([]byte("{}"))
}

func (c *Cloud) image(repository string, told map[string]any) string {
	ids, _ := told["imageIds"].([]any)
	for _, id := range ids {
		id, _ := id.(map[string]any)
		if tag, is := id["imageTag"].(string); is {
			return c.images[repository+":"+tag]
		}
		if digest, is := id["imageDigest"].(string); is {
			return c.images[repository+"@"+digest]
		}
	}
	return ""
}

// HasImage puts an image into the registry.
func (c *Cloud) HasImage(repository, tag, digest string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.images[repository+":"+tag], c.images[repository+"@"+digest] = digest, digest
}
