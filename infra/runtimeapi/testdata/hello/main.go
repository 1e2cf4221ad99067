// Command hello is a Lambda function that does what its event says, for the tests of runtimeapi.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do   string
	Size int
}

type answer struct {
	Hello     string
	RequestID string
	ARN       string
	Deadline  time.Duration // left
	Greeting  string        // of the environment
	Home      string        // which must not be inherited
	Text      string
}

func main() {
	fmt.Println("hello is starting")
	switch os.Getenv("HELLO_INIT") {
	case "exit":
		os.Exit(3)
	case "error":
		reportInitError()
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, e event) (answer, error) {
	switch e.Do {
	case "fail":
		return answer{}, errors.New("as asked")
	case "panic":
		panic("as asked")
	case "exit":
		os.Exit(4)
	case "hang":
		select {}
	case "meddle":
		return answer{Text: post("/invocation/another/response", "{}")}, nil
	}
	l, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return answer{Hello: e.Do, RequestID: l.AwsRequestID, ARN: l.InvokedFunctionArn, Deadline: time.Until(deadline),
		Greeting: os.Getenv("GREETING"), Home: os.Getenv("HOME"), Text: strings.Repeat("x", e.Size)}, nil
}

// reportInitError does what runtimes other than Go's do when they can't load a function.
func reportInitError() {
	if got := post("/init/error", `{"errorType":"Hello.NoWorld","errorMessage":"there is no world"}`); got != "202 Accepted" {
		fmt.Println("the init error was not taken:", got)
		os.Exit(5)
	}
	select {}
}

func post(path, body string) string {
	r, err := http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime"+path, "application/json", strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	r.Body.Close()
	return r.Status
}
