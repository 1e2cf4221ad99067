package conformance_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/zenvault/zenvault/infra/emulator"
)

const (
	servedDir  = "ZENVAULT_TEST_SERVED_DIR"
	servedFast = "ZENVAULT_TEST_SERVED_NOSYNC"
)

// TestServed is the process that TestKill kills: it serves the named directory until its input ends. By itself it does
// nothing.
func TestServed(t *testing.T) {
	dir := os.Getenv(servedDir)
	if dir == "" {
		return
	}
	e := startEmulator(t, emulator.Options{Dir: dir, NoSync: os.Getenv(servedFast) != ""})
	fmt.Println("serving", e.URL())
	io.Copy(io.Discard, os.Stdin)
}

// A killed emulator has every write that it answered, whole, and no other write in part, with fsync and without.
func TestKill(t *testing.T) {
	for name, noSync := range map[string]string{"fsync": "", "nosync": "yes"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			acknowledged := map[int]bool{}
			for round := range 4 {
				writeAndKill(t, dir, noSync, round, acknowledged)
				checkPairs(t, dir, acknowledged)
			}
		})
	}
}

// writeAndKill has 8 writers put pairs of items until 100 are answered, and kills the emulator under them.
func writeAndKill(t *testing.T, dir, noSync string, round int, acknowledged map[int]bool) {
	t.Helper()
	process := exec.Command(os.Args[0], "-test.run=^TestServed$")
	process.Env = append(os.Environ(), servedDir+"="+dir, servedFast+"="+noSync)
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	defer process.Wait()
	defer process.Process.Kill()
	line, err := bufio.NewReader(output).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "serving ")
	if err != nil || !ok {
		t.Fatalf("the served process says %q, %v", line, err)
	}
	db := dynamoClient(url)
	if round == 0 {
		createPairs(t, db)
	}
	answers := make(chan int)
	writing, stop := context.WithCancel(t.Context())
	defer stop()
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := round*1_000_000 + w; writing.Err() == nil; n += 8 {
				if putPair(writing, db, n) == nil {
					answers <- n
				}
			}
		})
	}
	go func() { writers.Wait(); close(answers) }()
	count := 0
	for n := range answers {
		acknowledged[n] = true
		if count++; count == 100 {
			process.Process.Kill()
			stop()
		}
	}
}

func createPairs(t *testing.T, db *dynamodb.Client) {
	t.Helper()
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("pairs"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: "HASH"}},
	})
	if err != nil {
		t.Fatalf("create table: %v", err)
	}
}

func pair(n int) [2]map[string]types.AttributeValue {
	return [2]map[string]types.AttributeValue{
		{"pk": &types.AttributeValueMemberS{Value: fmt.Sprintf("left#%d", n)}},
		{"pk": &types.AttributeValueMemberS{Value: fmt.Sprintf("right#%d", n)}},
	}
}

func putPair(ctx context.Context, db *dynamodb.Client, n int) error {
	p := pair(n)
	_, err := db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: aws.String("pairs"), Item: p[0]}},
		{Put: &types.Put{TableName: aws.String("pairs"), Item: p[1]}},
	}})
	return err
}

func checkPairs(t *testing.T, dir string, acknowledged map[int]bool) {
	t.Helper()
	e := startEmulator(t, emulator.Options{Dir: dir})
	defer e.Close()
	stored := map[string]bool{}
	pages := dynamodb.NewScanPaginator(dynamoClient(e.URL()), &dynamodb.ScanInput{TableName: aws.String("pairs")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatalf("scan: %v", err)
		}
		for _, item := range page.Items {
			stored[item["pk"].(*types.AttributeValueMemberS).Value] = true
		}
	}
	for n := range acknowledged {
		if !stored[fmt.Sprintf("left#%d", n)] {
			t.Errorf("pair %d was acknowledged and is lost", n)
		}
	}
	for key := range stored {
		side, n, _ := strings.Cut(key, "#")
		other := map[string]string{"left": "right", "right": "left"}[side]
		if !stored[other+"#"+n] {
			t.Errorf("of pair %s only the %s side is there", n, side)
		}
	}
}
