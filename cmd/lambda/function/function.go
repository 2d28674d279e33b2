// Package function is the server as a function of AWS Lambda. What an invocation is for is told by its
// event alone, so one binary serves as each function of a stack; they differ in environment and role.
//
//	function URL ─▶ web       the server's own HTTP handler, which puts webhooks into the queue
//	queue        ─▶ worker    a pass, of what the queue brought and of all else that is in it
//	schedule     ─▶ tick      a pass, or a call of the container that makes them
//	             └▶ watchdog  ends what has overstayed, with nothing else alive
//
// The package knows no SDK but Lambda's own events; the main of cmd/lambda joins it to the adapters.
package function

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// Function answers invocations. Its makers are called when the first event of their kind comes, and
// again after an error: a function needs only what its own events need. It is what aws-lambda-go starts.
type Function struct {
	Web      func(context.Context) (http.Handler, error)
	Worker   func(context.Context) (*Worker, error)
	Schedule []Task // of the minute's tick; they run side by side
	Log      *slog.Logger
}

// Task is something that a tick does.
type Task struct {
	Name string
	Do   func(context.Context) error
}

// Invoke does what an event asks for. An error fails the invocation, and is logged here: Lambda tells it
// to the caller alone.
func (f *Function) Invoke(ctx context.Context, raw []byte) ([]byte, error) {
	answer, err := f.invoke(ctx, raw)
	if err != nil {
		f.Log.Error("invocation failed", "error", err)
		return nil, err
	}
	return json.Marshal(answer)
}

func (f *Function) invoke(ctx context.Context, raw []byte) (any, error) {
	kind, err := KindOf(raw)
	if err != nil {
		return nil, err
	}
	switch kind {
	case KindWeb:
		var request events.LambdaFunctionURLRequest
		if err := json.Unmarshal(raw, &request); err != nil {
			return nil, fmt.Errorf("lambda: request to the function URL: %w", err)
		}
		handler, err := f.Web(ctx)
		if err != nil {
			return nil, err
		}
		return Serve(ctx, handler, request), nil
	case KindQueue:
		var brought events.SQSEvent
		if err := json.Unmarshal(raw, &brought); err != nil {
			return nil, fmt.Errorf("lambda: messages of SQS: %w", err)
		}
		worker, err := f.Worker(ctx)
		if err != nil {
			return nil, err
		}
		return worker.Work(ctx, brought)
	case KindSchedule:
		return nil, f.tick(ctx)
	}
	panic("unknown kind " + kind)
}
