// Package tabletest makes tables for tests, as the stack's template does.
package tabletest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb"
)

// Make makes an empty table, and gives its name.
func Make(t *testing.T, config aws.Config) string {
	t.Helper()
	name := awstest.Unique("record")
	var attributes []types.AttributeDefinition
	for _, attribute := range []string{dynamodb.ShardKey, dynamodb.ItemKey, dynamodb.LiveKey} {
		attributes = append(attributes, types.AttributeDefinition{AttributeName: &attribute, AttributeType: types.ScalarAttributeTypeS})
	}
	_, err := api.NewFromConfig(config).CreateTable(t.Context(), &api.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, AttributeDefinitions: attributes, KeySchema: keys(dynamodb.ItemKey),
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{
			IndexName: aws.String(dynamodb.LiveIndex), KeySchema: keys(dynamodb.LiveKey), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func keys(sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: aws.String(dynamodb.ShardKey), KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}
