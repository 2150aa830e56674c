namespace Virtio.Transports;

/// <content>
/// Features and status (virtio 1.4, 2.1, 2.2 and 3.1.1). The order of the steps is the driver's duty, and many drivers take liberties with it. A step is
/// required here only where the device cannot do without it: to be served a driver must have accepted VERSION_1 and nothing that was not offered, and
/// what it says of its queues must make queues. Nothing is served before DRIVER_OK. docs/drivers.md has each order and what comes of it.
/// </content>
internal sealed partial class TransportDevice
{
    // A driver that is refused tries again; it must not be able to fill a log with that.
    private const int LoggedRefusals = 3;

    // What the driver has accepted so far; changes no more once IsNegotiated. Written under the lock.
    private ulong _taken;
    private bool _tookUnknown;

    // How many refusals were logged, and the reason of the last one since the reset. Under the lock.
    private int _refusals;
    private string? _lastRefusal;

    /// <summary>The driver cannot change the features any more, and the layout of its rings is known.</summary>
    private bool IsNegotiated => (Status & (DeviceStatus.FeaturesOk | DeviceStatus.DriverOk)) != 0;

    private bool Took(VirtioFeatures feature) => ((VirtioFeatures)_taken).HasFlag(feature);

    /// <summary>DriverFeatures: accepts 32 features, at any time until FEATURES_OK or DRIVER_OK.</summary>
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
    /// The status register. Bits are only ever added, so that a driver may write each by itself; only a reset clears them (virtio 1.4, 2.1.1). FAILED and
    /// NEEDS_RESET end everything until the reset.
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

    /// <summary>FEATURES_OK stays clear where the features cannot be served (virtio 1.4, 2.2.2); the driver may then accept others.</summary>
    private void AcceptFeatures()
    {
        if (FaultOfFeatures() is { } fault)
            Refuse(fault);
        else
            AddStatus(DeviceStatus.FeaturesOk);
    }

    /// <summary>
    /// DRIVER_OK. A driver that never set FEATURES_OK is served with the features that it accepted. One that cannot be served will not look at any register
    /// before it waits for its first request, so that the refusal is NEEDS_RESET.
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

    /// <summary>Says why a driver is not served, once for each reason and a few times in all.</summary>
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
