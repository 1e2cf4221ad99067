// Package shape makes what follows from the route table: the functions of template.yaml, the OpenAPI document and the
// route table of the README. Its tests hold these three, the folders, the guards, the imports and the documents to what
// they say.
package shape

import (
	"fmt"
	"strings"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/routes"
)

// Specs are those of the table, in its order.
func Specs() []edge.Spec {
	var all []edge.Spec
	for _, row := range routes.Table() {
		all = append(all, row.Spec)
	}
	return all
}

// Fill puts content between two markers, each of which is alone on its line and there once.
func Fill(document, begin, end, content string) (string, error) {
	before, rest, opened := strings.Cut(document, begin+"\n")
	_, after, closed := strings.Cut(rest, end+"\n")
	if !opened || !closed || strings.Contains(after, begin) || strings.Contains(after, end) {
		return "", fmt.Errorf("the markers %q and %q are not there once, in this order", begin, end)
	}
	indent := before[strings.LastIndex(before, "\n")+1:]
	return before + begin + "\n" + content + indent + end + "\n" + after, nil
}

// Between gives what stands between two markers.
func Between(document, begin, end string) (string, error) {
	_, rest, opened := strings.Cut(document, begin+"\n")
	content, _, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return "", fmt.Errorf("the markers %q and %q are not there", begin, end)
	}
	return content, nil
}

// Camel is a spec's name as a logical id: "workspace-create" is WorkspaceCreate.
func Camel(name string) string {
	var id strings.Builder
	for _, word := range strings.Split(name, "-") {
		if word != "" {
			id.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return id.String()
}
