namespace Virtio.Testing;

/// <summary>What a device logged when it failed.</summary>
/// <param name="Message">The message.</param>
/// <param name="Exception">The exception of its own or its storage's code; null where the driver broke a rule.</param>
internal sealed record DeviceFailure(string Message, Exception? Exception);
