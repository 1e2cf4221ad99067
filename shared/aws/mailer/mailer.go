// Package mailer sends plain texts through Amazon SES (API v2).
package mailer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/secret"
)

// The faults of sending. No client sees them: they are words for the log.
var (
	ErrRejected = fault.New(fault.Unprocessable, "letter_rejected", "SES does not take this letter, and never will.")
	ErrNotSent  = fault.New(fault.Unavailable, "letter_not_sent", "SES did not say that it took the letter.")
)

// Mailer sends from one address. It is safe for concurrent use.
type Mailer struct {
	Client           *sesv2.Client
	From             string // an address alone, of an identity that SES has verified
	ConfigurationSet string // of SES; "" is none
}

// Send hands a text over. When it returns nil SES has it, and whether it arrives is between SES and the receiver. It fails
// with ErrRejected if the letter can never be sent, and with ErrNotSent if it may be sent later. SES has no way to tell a
// repeat from a second letter: after a lost answer the SDK's own repeat, and any later one, sends again.
func (m Mailer) Send(ctx context.Context, to, subject string, text secret.Text) error {
	input := &sesv2.SendEmailInput{
		FromEmailAddress: &m.From, Destination: &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Simple: &types.Message{Subject: utf8(subject), Body: &types.Body{Text: utf8(text.Expose())}}},
	}
	if m.ConfigurationSet != "" {
		input.ConfigurationSetName = &m.ConfigurationSet
	}
	_, err := m.Client.SendEmail(ctx, input)
	switch {
	case err == nil:
		return nil
	case forGood(err):
		return ErrRejected.Because(fmt.Errorf("sending a letter: %w", err))
	}
	return ErrNotSent.Because(fmt.Errorf("sending a letter: %w", err))
}

// forGood tells what is wrong with the letter from what is wrong with SES or its settings, which somebody can put right
// while the letter waits. (Amazon SES API v2 reference, SendEmail; "Amazon SES email sending errors", read 2026-11.)
func forGood(err error) bool {
	var bad *types.BadRequestException
	var rejected *types.MessageRejected
	switch {
	case errors.As(err, &bad):
		return true
	case errors.As(err, &rejected): // also where the sender, or in the sandbox the receiver, is not verified yet
		return !strings.Contains(rejected.ErrorMessage(), "not verified")
	}
	return false
}

func utf8(data string) *types.Content {
	return &types.Content{Data: &data, Charset: aws.String("UTF-8")}
}
