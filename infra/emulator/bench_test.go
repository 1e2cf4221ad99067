package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator"
)

// A commit of the ledger: a token, an item under its version, an entry.
const threeItems = `{"ClientRequestToken":"%[1]d","TransactItems":[
	{"Put":{"TableName":"bench","Item":{"pk":{"S":"token#%[1]d"},"reply":{"S":"%[2]s"}},"ConditionExpression":"attribute_not_exists(pk)"}},
	{"Put":{"TableName":"bench","Item":{"pk":{"S":"entry#%[1]d"},"body":{"S":"%[2]s"}},"ConditionExpression":"attribute_not_exists(pk)"}},
	{"Update":{"TableName":"bench","Key":{"pk":{"S":"item#%[3]d"}},"UpdateExpression":"SET #v = if_not_exists(#v, :zero) + :one, body = :body","ExpressionAttributeNames":{"#v":"version"},"ExpressionAttributeValues":{":zero":{"N":"0"},":one":{"N":"1"},":body":{"S":"%[2]s"}}}}]}`

func BenchmarkTransactWriteItems(b *testing.B) {
	for name, o := range map[string]emulator.Options{"memory": {}, "fsync": {Dir: "yes"}, "nosync": {Dir: "yes", NoSync: true}} {
		b.Run(name, func(b *testing.B) {
			if o.Dir != "" {
				o.Dir = b.TempDir()
			}
			e, err := emulator.Start(o)
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
			send(b, client, e, "CreateTable", `{"TableName":"bench","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}`)
			var serial atomic.Int64
			text := strings.Repeat("x", 200)
			b.SetParallelism(8)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := serial.Add(1)
					send(b, client, e, "TransactWriteItems", fmt.Sprintf(threeItems, n, text, n%100))
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transactions/s")
		})
	}
}

func send(b *testing.B, client *http.Client, e *emulator.Emulator, operation, body string) {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, e.URL(), strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	r.Header.Set("Authorization", signed)
	resp, err := client.Do(r)
	if err != nil {
		b.Error(err)
		return
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 {
		b.Errorf("%s: %s", operation, answer)
	}
}
