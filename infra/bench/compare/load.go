package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zenvault/zenvault/infra/simulator"
)

// result is what one round gave.
type result struct {
	rate float64         // answers a second
	took []time.Duration // by each, sorted
	cpu  time.Duration   // of the handler's process, for each answer: it holds on a busy machine too
}

// transaction is one that each handler approves.
func transaction(workspace, id string) simulator.Transaction {
	return simulator.Transaction{RequestID: "cmp-" + id, Reference: workspace + ":cmp-" + id, Asset: "ETH", Amount: "0.25", Address: "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8"}
}

// sign makes callbacks, each of another request, before any of them is sent: what the co-signer does is not measured.
func sign(cosigner *simulator.Fireblocks, workspace string, n int) ([][]byte, error) {
	tokens := make([][]byte, n)
	for i := range tokens {
		token, err := cosigner.Sign(transaction(workspace, fmt.Sprintf("n%d", i)).Payload())
		if err != nil {
			return nil, err
		}
		tokens[i] = token
	}
	return tokens, nil
}

// drive sends callbacks from so many callers, each of which waits for its answer before it sends the next.
func drive(ctx context.Context, url string, tokens [][]byte, callers int) (result, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	defer client.CloseIdleConnections()
	took, failed := make([]time.Duration, len(tokens)), make([]error, callers)
	var next atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for caller := range callers {
		group.Go(func() {
			for failed[caller] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(tokens) {
					return
				}
				from := time.Now()
				failed[caller] = post(ctx, client, url, tokens[i])
				took[i] = time.Since(from)
			}
		})
	}
	group.Wait()
	all := time.Since(start)
	slices.Sort(took)
	return result{rate: float64(len(tokens)) / all.Seconds(), took: took}, errors.Join(failed...)
}

func post(ctx context.Context, client *http.Client, url string, token []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(token))
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || bytes.Count(body, []byte{'.'}) != 2) {
		return fmt.Errorf("answered %d %.200s", answer.StatusCode, body)
	}
	return err
}
