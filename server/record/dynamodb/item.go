package dynamodb

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/record"
)

type attributes = map[string]types.AttributeValue

const (
	bodyKey   = "body"   // an item as JSON
	packedKey = "packed" // the same, deflated
)

// longest is how long a body is stored as it is, in bytes: what fits into 1 KB with its keys. Every KB
// that is begun costs a unit of writing, twice in a transaction and once more in the index, and an item
// has 400 KB at most. A job or a runner is 1.2 KB of JSON at its end, and half a one packed.
const longest = 900

// maxBody is how much a packed body may unpack to, in bytes.
const maxBody = 16 << 20

func text(s string) *types.AttributeValueMemberS { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) *types.AttributeValueMemberN {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func keyOf(key string) attributes {
	return attributes{ShardKey: text(shardOf(key)), ItemKey: text(key)}
}

// encode is an item of the table. What is finished expires.
func encode(item record.Stored, now time.Time) (attributes, error) {
	stored := keyOf(item.Key)
	if item.Live {
		stored[LiveKey] = text(item.Key)
	} else {
		stored[ExpiresKey] = number(now.Add(Kept).Unix())
	}
	if len(item.Body) <= longest {
		stored[bodyKey] = text(string(item.Body))
		return stored, nil
	}
	packed, err := pack(item.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", item.Key, err)
	}
	stored[packedKey] = &types.AttributeValueMemberB{Value: packed}
	return stored, nil
}

func decode(stored attributes) (runner.Item, error) {
	key, has := stored[ItemKey].(*types.AttributeValueMemberS)
	if !has {
		return nil, fmt.Errorf("an item has no attribute %s that is a text", ItemKey)
	}
	if body, plain := stored[bodyKey].(*types.AttributeValueMemberS); plain {
		return runner.DecodeItem(key.Value, []byte(body.Value))
	}
	packed, has := stored[packedKey].(*types.AttributeValueMemberB)
	if !has {
		return nil, fmt.Errorf("record item %q has neither %s nor %s", key.Value, bodyKey, packedKey)
	}
	body, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed.Value)), maxBody))
	if err != nil {
		return nil, fmt.Errorf("record item %q: unpack: %w", key.Value, err)
	}
	return runner.DecodeItem(key.Value, body)
}

func pack(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	writer, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := writer.Write(body); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
