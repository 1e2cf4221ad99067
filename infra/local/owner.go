package local

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/secret"
)

// OwnerEmail is the address of the development owner.
const OwnerEmail = "owner@zenvault.localhost"

// Owner makes the first owner with a random password, or gives the one made before. The password lies beside the state,
// for development only: a deployment's first owner chooses one.
func (g *Gateway) Owner(ctx context.Context) (secret.Text, error) {
	path := filepath.Join(filepath.Dir(g.SecretsDir), "owner-password")
	kept, err := os.ReadFile(path)
	if err != nil {
		kept = []byte(rand.Text() + "\n")
		if err := writeNew(path, kept); err != nil {
			return secret.Text{}, fmt.Errorf("keeping the owner's password: %w", err)
		}
	}
	password := strings.TrimSpace(string(kept))
	input, err := json.Marshal(map[string]string{"email": OwnerEmail, "name": "Owner", "password": password})
	if err != nil {
		return secret.Text{}, err
	}
	_, err = g.Task(ctx, "admin-found", input)
	if err != nil && !errors.Is(err, admin.ErrFounded) {
		return secret.Text{}, fmt.Errorf("making the owner: %w", err)
	}
	return secret.NewText(password), nil
}
