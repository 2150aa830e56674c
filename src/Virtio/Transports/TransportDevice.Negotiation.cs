namespace Virtio.Transports;

/// <content>
/// Features and status (virtio 1.4, 2.1, 2.2 and 3.1.1). The driver must keep to the order of the steps, but many drivers do not. The
/// device insists on a step only where it cannot do without it: it serves a driver that has accepted VERSION_1 and no feature that was not
/// offered, and that has set up valid queues. It serves nothing before DRIVER_OK. docs/drivers.md lists each order and its result.
/// </content>
internal sealed partial class TransportDevice
{
    // A driver that is refused may try again without end; it must not be able to fill the log that way.
    private const int LoggedRefusals = 3;

    // The feature bits that the driver has accepted. Constant once IsNegotiated. Written under _gate, read without.
    private ulong _taken;

    // The driver has accepted a feature bit above 63. Guarded by _gate.
    private bool _tookUnknown;

    // Refusals that were logged. Guarded by _gate; resets do not clear it.
    private int _refusals;

    // The reason of the last refusal since the reset. Guarded by _gate.
    private string? _lastRefusal;

    /// <summary>The features are final, so the layout of the rings is known.</summary>
    private bool IsNegotiated => (Status & (DeviceStatus.FeaturesOk | DeviceStatus.DriverOk)) != 0;

    private bool Took(VirtioFeatures feature) => ((VirtioFeatures)_taken).HasFlag(feature);

    /// <summary>The DriverFeatures register: the driver accepts 32 features, at any time until FEATURES_OK or DRIVER_OK.</summary>
    internal void TakeFeatures(uint window, uint bits)
    {
        lock (_gate)
        {
            if (IsNegotiated)
                return;
            switch (window)
            {
                case 0:
                    _taken = (_taken & ~(ulong)uint.MaxValue) | bits;
                    break;
                case 1:
                    _taken = (_taken & uint.MaxValue) | ((ulong)bits << 32);
                    break;
                default:
                    _tookUnknown |= bits != 0;
                    break;
            }
        }
    }

    /// <summary>
    /// Handles a write to the status register. A write only adds bits, so a driver may write each bit alone; only a reset clears them
    /// (virtio 1.4, 2.1.1). After FAILED or NEEDS_RESET the device does nothing until the reset.
    /// </summary>
    internal void WriteStatus(uint value)
    {
        lock (_gate)
        {
            if (Lost is not null)
                return;
            if (value == 0)
            {
                Reset();
                return;
            }

            var written = (DeviceStatus)(value & 0xff);
            if (Status.HasFlag(DeviceStatus.Failed))
                return;
            if (written.HasFlag(DeviceStatus.Failed))
            {
                AddStatus(DeviceStatus.Failed);
                StopQueues();
                return;
            }

            if (Status.HasFlag(DeviceStatus.NeedsReset))
                return;
            AddStatus(written & (DeviceStatus.Acknowledge | DeviceStatus.Driver));
            if (written.HasFlag(DeviceStatus.FeaturesOk))
                AcceptFeatures();
            if (written.HasFlag(DeviceStatus.DriverOk) && !Status.HasFlag(DeviceStatus.DriverOk))
                Begin();
        }
    }

    /// <summary>
    /// Handles FEATURES_OK. The bit stays clear when the features are not acceptable (virtio 1.4, 2.2.2); the driver may then accept
    /// others.
    /// </summary>
    private void AcceptFeatures()
    {
        if (FaultOfFeatures() is { } fault)
            Refuse(fault);
        else
            AddStatus(DeviceStatus.FeaturesOk);
    }

    /// <summary>
    /// Handles DRIVER_OK. A driver that never set FEATURES_OK is served with the features that it has accepted. A driver that cannot be
    /// served reads no register before it waits for its first request, so it is refused with NEEDS_RESET.
    /// </summary>
    private void Begin()
    {
        if ((FaultOfFeatures() ?? MakeReadyQueues()) is { } fault)
        {
            AddStatus(DeviceStatus.NeedsReset);
            Refuse(fault);
            return;
        }

        AddStatus(DeviceStatus.DriverOk);
        Activate();
    }

    private string? FaultOfFeatures() =>
        _tookUnknown ? "the driver accepted features beyond the 64 that exist" : FeatureRules.FaultOf(_offered, _taken);

    /// <summary>
    /// Logs why a driver is not served: the same reason in a row only once until the reset, and at most <see cref="LoggedRefusals"/> times
    /// in all.
    /// </summary>
    private void Refuse(string reason)
    {
        if (reason == _lastRefusal || _refusals >= LoggedRefusals)
            return;
        _lastRefusal = reason;
        _refusals++;
        TransportLog.DriverRefused(_logger, Device.Id, reason);
    }

    private void ForgetNegotiation()
    {
        _taken = 0;
        _tookUnknown = false;
        _lastRefusal = null;
    }
}
