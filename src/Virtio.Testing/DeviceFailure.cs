namespace Virtio.Testing;

/// <summary>The failure that a device logged.</summary>
/// <param name="Message">The message.</param>
/// <param name="Exception">The exception of its own or its storage's code; null when the driver broke a rule.</param>
internal sealed record DeviceFailure(string Message, Exception? Exception);
