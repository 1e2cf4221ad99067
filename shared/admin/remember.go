package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/secret"
)

// Remember makes the token of the device on which an admin completes a login; "" if the one that it has shown is good. It
// fails with ErrNotFound.
func (s Service) Remember(ctx context.Context, adminID string, shown secret.Text) (secret.Text, error) {
	a, _, err := s.find(ctx, adminID)
	if err != nil || s.device(a, shown) != "" {
		return secret.Text{}, err
	}
	return s.newDevice(a)
}
